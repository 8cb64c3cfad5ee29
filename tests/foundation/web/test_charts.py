"""A chart tells the same to eyes and to ears."""

from decimal import Decimal

from curbstop.foundation.web.charts import Bar, bar_chart

BARS = (
    Bar("Jul", "July 2026", Decimal(10)),
    Bar("Sep", "September 2026", Decimal("12.125"), "now"),
)


def chart(bars=BARS):
    return bar_chart(bars=bars, title="Water use", unit="CCF", key="use")


class TestBarChart:
    def test_names_and_describes_itself(self):
        assert 'aria-labelledby="use-title use-desc"' in chart()
        assert "September 2026: 12.125 CCF." in chart()

    def test_repeats_its_numbers_in_a_table(self):
        assert '<td class="amount">12.125</td>' in chart()

    def test_draws_each_bar_in_proportion(self):
        ten, twelve = (float(part.split('"')[0]) for part in chart().split(' height="')[1:3])

        assert round(ten / twelve, 2) == round(10 / 12.125, 2)

    def test_stands_on_the_ground_without_use(self):
        assert 'height="0.0"' in chart((Bar("Jul", "July", Decimal(0)),))

    def test_stands_without_bars(self):
        assert "<svg" in chart(())

    def test_escapes_what_it_is_given(self):
        assert "<script>" not in chart((Bar("<script>", "<script>", Decimal(1)),))

    def test_carries_no_style_that_the_policy_refuses(self):
        assert "style=" not in chart()
