from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curbstop.foundation.imports import FileRefused
from curbstop.journeys.imports.city_pack import read_folder, read_pack
from curbstop.journeys.imports.city_pack.folder import digest
from curbstop.journeys.imports.city_pack.nodes import Mistakes, read_yaml
from curbstop.ordinances.domain.packs import PackFiles
from tests.journeys.city_pack.conftest import PACK

WHOLE = read_folder(PACK)
SPOIL = st.one_of(
    st.tuples(st.just("drop"), st.just("")),
    st.tuples(st.just("repeat"), st.just("")),
    st.tuples(st.just("put"), st.text(max_size=30)),
    st.tuples(
        st.just("put"), st.sampled_from(["- [", "a: &a [*a]", "? x", "<<: {}", "---", "}", "%YAML 9", "\t-", "0:"])
    ),
)


class TestReadPack:
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(file=st.sampled_from(sorted(WHOLE.content)), place=st.integers(0, 400), spoil=SPOIL)
    def test_reads_or_names_the_file_whatever_happens_to_a_line(self, file, place, spoil):
        lines = WHOLE.content[file].split("\n")
        at = place % len(lines)
        kind, text = spoil
        lines[at : at + 1] = {"drop": [], "repeat": [lines[at], lines[at]], "put": [text]}[kind]
        content = {**WHOLE.content, file: "\n".join(lines)}

        mistakes = ()
        try:
            read_pack(PackFiles("spoiled", digest(content), content))
        except FileRefused as refusal:
            mistakes = refusal.errors

        assert all(mistake.file and mistake.message for mistake in mistakes)


class TestReadYaml:
    def test_keeps_text_as_the_clerk_wrote_it(self):
        node = read_yaml("a: NO\nb: 1.10\nc: 2025-01-01\nd: 007", file="f", mistakes=Mistakes())

        assert {name: one.value for name, one in node.value.items()} == {
            "a": "NO", "b": "1.10", "c": "2025-01-01", "d": "007",
        }  # fmt: skip

    def test_does_not_let_aliases_grow(self):
        bomb = "a: &a [x, x]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1 or ''}, *a{n - 1 or ''}]" for n in range(1, 30))
        mistakes = Mistakes()

        read_yaml(bomb.replace("*a0", "*a"), file="f", mistakes=mistakes)

        assert "anchors and tags are not read" in mistakes[0].message

    def test_refuses_what_nests_without_end(self):
        mistakes = Mistakes()

        read_yaml("a: " + "[" * 5000, file="f", mistakes=mistakes)

        assert mistakes
