from curbstop.ordinances.domain.letters import fill, to_html, to_plain, unknown_blanks


class TestToHtml:
    def test_renders_headings_lists_and_bold(self):
        text = "# Past due\n\nPlease pay **$5.00**\nsoon:\n\n- in parts\n- or whole"

        assert to_html(text) == (
            "<h2>Past due</h2>\n<p>Please pay <strong>$5.00</strong> soon:</p>\n"
            "<ul><li>in parts</li><li>or whole</li></ul>"
        )

    def test_shows_markup_and_scripts_as_typed(self):
        text = "<script>alert(1)</script> [a](javascript:x) ![i](http://x) {% load %} {{ x }}"

        html = to_html(text)

        assert "<script" not in html
        assert "<a" not in html
        assert "<img" not in html
        assert "{% load %}" in html

    def test_escapes_a_customers_name_after_it_is_filled_in(self):
        html = to_html(fill("Dear {customer_name},", {"customer_name": '<b onclick="x">Al</b>'}))

        assert html == "<p>Dear &lt;b onclick=&quot;x&quot;&gt;Al&lt;/b&gt;,</p>"


class TestFill:
    def test_never_reaches_into_a_value(self):
        body = "{customer_name.__class__} {customer_name!r} {customer_name}"

        assert fill(body, {"customer_name": "Al"}).endswith(" Al")
        assert "class" in fill(body, {"customer_name": "Al"})

    def test_does_not_fill_what_a_value_brings_in(self):
        values = {"customer_name": "{account_number}", "account_number": "1"}

        assert fill("{customer_name}", values) == "{account_number}"


class TestUnknownBlanks:
    def test_names_what_nothing_fills(self):
        assert unknown_blanks("{customer_name} {amount_dew}") == ("amount_dew",)


class TestToPlain:
    def test_leaves_the_words(self):
        assert to_plain("# Hello\n\n**Now**") == "Hello\n\nNow"
