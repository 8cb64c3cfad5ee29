import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.customers.domain.texts import (
    NotText,
    address_key,
    clean_text,
    phone_digits,
    search_key,
    sort_key,
)


class TestCleanText:
    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("O'Brien", "O'Brien"),
            ("Nun\u0303ez", "Nuñez"),
            ("李雷", "李雷"),
            ("Smith\u202egnp", "Smithgnp"),
            ("zero\u200bwidth", "zerowidth"),
            ("two  spaces\tand tab ", "two spaces and tab"),
            ("<script>{{7*7}}${jndi:}", "<script>{{7*7}}${jndi:}"),
            ("lone\ud800surrogate", "lonesurrogate"),
            ("   ", ""),
        ],
    )
    def test_stores_what_a_person_typed_without_what_nobody_sees(self, typed, stored):
        assert clean_text(typed) == stored

    def test_refuses_a_nul(self):
        with pytest.raises(NotText):
            clean_text("Rosa\x00")

    @given(st.text().filter(lambda text: "\x00" not in text))
    def test_changes_nothing_the_second_time(self, text):
        assert clean_text(clean_text(text)) == clean_text(text)


class TestSearchKey:
    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("Nuñez", "nunez"),
            ("O\u2019Brien", "obrien"),
            ("O'BRIEN", "obrien"),
            ("Straße & Söhne, Inc.", "strasse sohne inc"),
            ("李雷", "李雷"),
            ("a\u200bb", "ab"),
            ("0:_0", "0 0"),
        ],
    )
    def test_forgets_accents_case_and_punctuation(self, name, key):
        assert search_key(name) == key

    @given(st.text())
    def test_changes_nothing_the_second_time(self, text):
        assert search_key(search_key(text)) == search_key(text)


class TestSortKey:
    def test_lists_a_person_by_the_last_word(self):
        assert sort_key(name="Rosa Nuñez Delgado", is_person=True) == "delgado rosa nunez"

    def test_lists_an_organization_as_written(self):
        assert sort_key(name="Elm Street Bakery", is_person=False) == "elm street bakery"


class TestAddressKey:
    def test_finds_one_key_for_two_spellings(self):
        assert address_key("12 North Elm Street") == address_key("12 N. Elm St.") == "12 n elm st"


class TestPhoneDigits:
    def test_leaves_the_country_code_out(self):
        assert phone_digits("+1 (757) 555-0143") == phone_digits("757.555.0143") == "7575550143"
