"""Tables in old encodings, in words of eleven languages."""

import random

import pytest

from helpers.datasets import DatasetError, open_dataset
from helpers.tables.encodings import decode
from tests.tables import words as texts

WORDS = {
    "gbk": [["猫", "狗"], ["啊", "座"], ["玫瑰", "郁金香", "向日葵"], ["健康", "锈病", "白粉病"]],
    "shift_jis": [
        ["犬", "猫"],
        ["ねこ", "いぬ", "ウサギ"],
        ["健康", "病気"],
        ["桜", "梅"],
        ["亜", "腕"],
    ],
    "euc_jp": [["いぬ", "ネコ"]],
    "big5": [["貓", "狗"], ["一生", "呼籲"], ["玫瑰", "鬱金香"]],
    "euc_kr": [["고양이", "개"], ["정상", "결함"]],
    "cp1251": [["кошка", "собака"], ["Кот", "Пёс"], ["дуб", "берёза", "клён"]],
    "koi8_r": [["кошка", "собака"], ["берёза", "дуб"]],
    "cp1252": [["chêne", "érable"], ["Bäume", "Büsche"], ["niño", "corazón"], ["ñandú", "búho"]],
    "cp1250": [["dąb", "świerk"], ["žába", "kočka", "vlaštovka"]],
    "cp1253": [["γάτα", "σκύλος"]],
    "cp1254": [["meşe", "ağaç"]],
    "cp1256": [["كلب", "قطة"]],
}
CASES = [(encoding, words) for encoding, lists in WORDS.items() for words in lists]


def table(words, rows=9):
    return "file,label\n" + "".join(f"{i}.jpg,{words[i % len(words)]}\n" for i in range(rows))


@pytest.mark.parametrize(("encoding", "words"), CASES)
def test_short_tables_in_an_old_encoding_are_read_and_their_words_shown(encoding, words):
    text, notes = decode(table(words).encode(encoding), "labels.csv")
    assert text == table(words)
    assert len(notes) == 1
    assert "is not in UTF-8; read as" in notes[0] and "encoding='…'" in notes[0]
    assert all(word in notes[0] for word in words if not word.isascii())


# How many of 120 tables of two or three words are read right, where the same bytes are
# often words of another language as well, and how many show the right words beside others.
MEASURED = [
    ("gb18030", texts.CHINESE, str.lower, 116, 120),
    ("big5", texts.TRADITIONAL, str.lower, 116, 120),
    ("cp932", texts.JAPANESE, str.lower, 119, 120),
    ("euc_jp", texts.JAPANESE, str.lower, 59, 112),
    ("cp949", texts.KOREAN, str.lower, 112, 116),
    ("cp1251", texts.RUSSIAN, str.lower, 116, 120),
    ("cp1251", texts.RUSSIAN, str.upper, 91, 119),
    ("koi8_r", texts.RUSSIAN, str.lower, 120, 120),
    ("koi8_r", texts.RUSSIAN, str.upper, 67, 117),
    ("cp1252", texts.WESTERN, str.lower, 120, 120),
    ("cp1252", texts.WESTERN, str.upper, 118, 108),
    ("cp1250", texts.CENTRAL, str.lower, 100, 120),
    ("cp1250", texts.CENTRAL, str.upper, 100, 120),
    ("cp1253", texts.GREEK, str.lower, 117, 120),
    ("cp1254", texts.TURKISH, str.lower, 106, 120),
    ("cp1255", texts.HEBREW, str.lower, 83, 118),
    ("cp1256", texts.ARABIC, str.lower, 117, 120),
]


@pytest.mark.parametrize(("encoding", "text", "case", "least", "shown"), MEASURED)
def test_a_table_of_two_or_three_words_is_read_right_or_shows_them_beside_others(
    encoding, text, case, least, shown
):
    rng, right, told = random.Random(0), 0, 0
    for count in (2, 3) * 60:
        words = sorted(map(case, rng.sample(text.split(), count)))
        found, notes = decode(table(words).encode(encoding), "labels.csv")
        right += found == table(words)
        told += ", ".join(words) in "".join(notes)
    assert (right >= least, told >= shown) == (True, True), (right, told)


@pytest.mark.parametrize("separator", "|;\t")
def test_words_are_told_apart_whatever_separates_the_cells(separator):
    for words, encoding in ((["椅子", "机"], "shift_jis"), (["кот", "пёс"], "cp1251")):
        text = "".join(f"{i}.jpg{separator}{word}\r\n" for i, word in enumerate(words * 4))
        found, notes = decode(text.encode(encoding), "labels.csv")
        assert found == text
        assert f" it says {', '.join(sorted(words))}; " in notes[0]


def test_more_than_a_quarter_of_empty_bytes_makes_two_bytes_a_letter():
    assert decode(b"ab\0d", "x") == ("ab\0d", [])
    assert decode(b"abcd\0f\0hi", "x") == ("abcd\0f\0hi", [])
    for encoding in ("utf-16-le", "utf-16-be"):
        assert decode("a€b".encode(encoding), "x") == ("a€b", [])


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_needs_no_guess(encoding):
    assert decode(table(["猫", "chêne"]).encode(encoding), "x")[1] == []
    assert decode(table(["猫", "chêne"]).encode(encoding), "x")[0] == table(["猫", "chêne"])


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("iso2022_jp", ["猫", "犬"]), ("iso2022_jp_2", ["猫", "ネコ"]), ("iso2022_kr", ["고양이"])],
)
def test_what_terminals_switched_languages_with_needs_no_guess(encoding, words):
    assert decode(table(words).encode(encoding), "x") == (table(words), [])


def test_an_encoding_asked_for_is_taken_without_a_note():
    text, notes = decode(table(["кошка"]).encode("koi8_r"), "x", "koi8_r")
    assert (text, notes) == (table(["кошка"]), [])
    assert decode(table(["é"]).encode("utf-8-sig"), "x", "utf-8")[0] == table(["é"])


def test_where_several_readings_are_as_likely_they_are_all_shown():
    _, notes = decode(table(["chêne", "érable"]).encode("cp1252"), "labels.csv")
    assert notes == [
        "'labels.csv' is not in UTF-8; read as cp1252 it says chêne, érable; it might also be read "
        "as cp1250 chęne, érable; if that is wrong, name the right one with encoding='…'."
    ]


@pytest.fixture
def folder(tree):
    def make(raw):
        root = tree(*(f"{i}.jpg" for i in range(9)))
        (root / "labels.csv").write_bytes(raw)
        return root

    return make


@pytest.mark.parametrize("encoding", ["gb18030", "shift_jis", "cp1251", "utf-16"])
def test_a_folder_with_such_a_table_opens_with_the_right_classes(folder, encoding):
    words = {"gb18030": ["猫", "狗"], "shift_jis": ["ねこ", "いぬ"], "cp1251": ["кот", "пёс"]}
    words = words.get(encoding, ["café", "猫"])
    root = folder(table(words).encode(encoding))
    assert open_dataset(root).classes == sorted(words)
    assert open_dataset(root, encoding=encoding).classes == sorted(words)
    assert open_dataset(root / "labels.csv", encoding=encoding).notes == ()


def test_an_encoding_that_does_not_fit_or_does_not_exist_is_one_sentence(folder):
    root = folder(table(["猫", "狗"]).encode("gb18030"))
    with pytest.raises(DatasetError, match="'labels.csv' is not in the encoding 'utf-8' "):
        open_dataset(root / "labels.csv", encoding="utf-8")
    for source in (root, root / "labels.csv"):
        with pytest.raises(DatasetError, match="encoding='klingon': Python knows no such encoding"):
            open_dataset(source, encoding="klingon")
    with pytest.raises(DatasetError, match="is not in the encoding 'zlib' "):
        open_dataset(root / "labels.csv", encoding="zlib")


def test_an_encoding_without_a_table_is_refused(tree):
    with pytest.raises(DatasetError, match="encoding='cp1251': .* has no table"):
        open_dataset(tree("cat/1.jpg", "dog/2.jpg"), encoding="cp1251")


def test_bytes_that_are_no_text_at_all_are_refused(folder):
    with pytest.raises(DatasetError, match=r"'labels.csv'"):
        open_dataset(folder(bytes(range(256)) * 9) / "labels.csv")
