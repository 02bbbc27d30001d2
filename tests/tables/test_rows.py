"""Which column names the files, which the label and the split, for tables as people write them."""

import json

import pandas as pd
import pytest

from helpers.datasets import DatasetError, open_dataset

N = 6
TRUTH = {f"images/{N - 1 - i}.jpg": "shoe" if i % 2 else "hat" for i in range(N)}


@pytest.fixture
def write(tree):
    """A table beside image files; returns the root."""

    def make(text, *names, called="items.csv"):
        root = tree(*(names or TRUTH))
        (root / called).write_text(text, encoding="utf-8")
        return root

    return make


def labels(dataset, column="label"):
    return {i: None if pd.isna(v) else v for i, v in dataset.images[column].items()}


FILES = {
    "web addresses": ("id,image_url", "{i},https://shop.example/img/{f}.jpg"),
    "addresses with a query": ("id,url", "{i},https://shop.example/a%20b/{f}.jpg?w=90&x=/z"),
    "an unknown name": ("id,Foto", "{i},{f}.jpg"),
    "a name column": ("name,img_file", "{i},{f}.jpg"),
    "NIH": ("id,Image Index", "{i},{f}.jpg"),
    "row number first": ("index,picture of it", "{i},images/{f}.jpg"),
    "row number called image": ("image,what", "{i},{f}.jpg"),
    "row number called path": ("path,x", "{i},{f}.JPG"),
    "a nameless first column": (",x", "{i},{f}.jpg"),
    "another machine's path": ("image_id,p", "{i},/home/me/data/images/{f}.jpg"),
    "a Windows path": ("id,p", "{i},C:\\data\\images\\{f}.jpg"),
    "other folders": ("id,p", "{i},raw/batch/{f}.jpg"),
    "file name last": ("id,size,file", "{i},20,{f}.jpg"),
    "numbers of another kind": ("file_id,number,photo", "{i},{i},images/{f}.jpg"),
    "ids with leading zeros": ("id,x", "00{i},{f}.jpg"),
    "a name without extension": ("nr,x", "{i},images/{f}"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_column_that_names_whole_files_wins_over_a_row_number(write, name):
    header, row = FILES[name]
    kinds = ["shoe" if i % 2 else "hat" for i in range(N)]
    rows = "".join(f"{row.format(i=i, f=N - 1 - i)},{kinds[i]}\n" for i in range(N))
    dataset = open_dataset(write(f"{header},label\n{rows}"))
    assert labels(dataset) == TRUTH


def test_one_row_that_is_gone_does_not_hand_the_files_to_the_row_number(write):
    rows = "".join(f"{i},{N - i}.jpg,{'a' if i % 2 else 'b'}\n" for i in range(N))
    dataset = open_dataset(write(f"id,photo,label\n{rows}"))
    assert labels(dataset) == {f"images/{N - i}.jpg": "a" if i % 2 else "b" for i in range(1, N)}


def test_two_columns_that_both_name_files_are_told_and_the_other_can_be_chosen(write):
    text = "mask,image,label\na_m.png,a.png,x\nb_m.png,b.png,y\n"
    root = write(text, "a.png", "b.png", "a_m.png", "b_m.png")
    dataset = open_dataset(root)
    assert labels(dataset) == {"a.png": "x", "b.png": "y"}
    assert dataset.notes[0] == (
        "Column 'image' of 'items.csv' was taken to name the files, not 'mask', whose cells name "
        "files too; name another with files='…'."
    )
    assert labels(open_dataset(root, files="mask")) == {"a_m.png": "x", "b_m.png": "y"}


def test_two_columns_that_name_the_same_files_need_no_word(write):
    text = "path,filename,label\nimages/0.jpg,0.jpg,x\nimages/1.jpg,1.jpg,y\n"
    root = write(text, "images/0.jpg", "images/1.jpg")
    assert open_dataset(root).notes == ()
    assert labels(open_dataset(root)) == {"images/0.jpg": "x", "images/1.jpg": "y"}


def test_a_lone_row_number_is_taken_with_a_warning(write):
    rows = "".join(f"{i},{'a' if i % 2 else 'b'}\n" for i in range(N))
    dataset = open_dataset(write(f"id,label\n{rows}"))
    assert labels(dataset)["images/1.jpg"] == "a"
    assert "though it only counts the rows" in dataset.notes[0]
    other = open_dataset(write(f"id,label\n{rows}".replace("0,b", "9,b").replace("5,a", "0,a")))
    assert "counts the rows" not in " ".join(other.notes)


def test_numbers_that_mean_something_else_name_no_files(write):
    text = "age,width,label\n" + "".join(f"{i},{i},x\n" for i in range(N))
    with pytest.raises(DatasetError, match="no column whose cells name an image file each"):
        open_dataset(write(text) / "items.csv")
    assert len(open_dataset(write(text.replace("age", "id_code")))) == N


def test_file_names_in_other_folders_are_compared_by_name_and_told(write):
    text = "file,label\nold/0.jpg,x\nold/1.jpg,y\n"
    dataset = open_dataset(write(text, "new/0.jpg", "new/1.jpg"))
    assert labels(dataset) == {"new/0.jpg": "x", "new/1.jpg": "y"}
    assert dataset.notes[0].endswith("the file names alone were compared.")


def test_a_files_column_that_is_not_there_or_names_none_is_told(write):
    root = write("file,other,label\n0.jpg,q,x\n1.jpg,q,y\n")
    with pytest.raises(DatasetError, match=r"no column 'fil' .*did you mean 'file'"):
        open_dataset(root, files="fil")
    with pytest.raises(DatasetError, match="No cell of column 'other' .*names an image that is"):
        open_dataset(root, files="other")


ONE_HOT = {
    "ISIC": ("image,MEL,NV,BCC\n0,0.0,1.0,0.0\n1,1.0,0.0,0.0\n2,0.0,0.0,1.0\n", "NV MEL BCC"),
    "whole numbers": ("image,MEL,NV,BCC\n0,0,1,0\n1,1,0,0\n2,0,0,1\n", "NV MEL BCC"),
    "Roboflow": ("filename, cat, dog\n0.jpg, 0, 1\n1.jpg, 1, 0\n2.jpg, 1, 0\n", "dog cat cat"),
    "words": ("image,a,b\n0,True,False\n1,False,True\n2,FALSE,TRUE\n", "a b b"),
    "plant pathology": ("image_id,ok,rust,scab\n0,0,0,1\n1,1,0,0\n2,0,1,0\n", "scab ok rust"),
    "a flag apart": ("image,a,b,age,hairy\n0,1,0,3,1\n1,0,1,4,1\n2,0,1,5,0\n", "a b b"),
    "a flag beside": ("image,a,b,c,hairy\n0,1,0,0,1\n1,0,0,1,0\n2,0,1,0,1\n", "a c b"),
    "a class that never occurs": ("image,a,b,UNK\n0,1,0,0\n1,0,1,0\n2,0,1,0\n", "a b b"),
    "two classes": ("image,benign,malignant\n0,1,0\n1,0,1\n2,1,0\n", "benign malignant benign"),
    "semicolons": ("image;a;b\n0;1;0\n1;0;1\n2;0;1\n", "a b b"),
    "metadata before": ("image,site,a,b\n0,x,1,0\n1,y,0,1\n2,z,0,1\n", "a b b"),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_HOT)
def test_one_column_per_class_is_read_where_exactly_one_is_set_in_every_row(write, name):
    text, truth = ONE_HOT[name]
    dataset = open_dataset(write(text, "0.jpg", "1.jpg", "2.jpg"))
    assert list(labels(dataset).values()) == truth.split()
    assert "that is 1 in each row; another is named with label='…'." in dataset.notes[0]
    assert not set(truth.split()) & set(dataset.metadata)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("image,a,b\n0,1,1\n1,1,0\n2,0,1\n", "1 rows have more than one"),
        ("image,a,b\n0,0,0\n1,1,0\n2,0,1\n", "1 rows have none of them set"),
        ("image,a,b\n0,0,0\n1,1,1\n2,0,1\n", "1 rows have none of them set and 1 rows have more"),
        ("image,a,b,x,c,d\n0,1,0,u,0,1\n1,1,0,v,0,1\n2,0,1,w,1,0\n", "3 rows have more than one"),
    ],
)
def test_one_column_per_class_is_refused_with_the_reason_where_it_does_not_fit(write, text, why):
    root = write(text, "0.jpg", "1.jpg", "2.jpg")
    dataset = open_dataset(root)
    assert not dataset.labelled
    assert why in dataset.notes[0] and "label='a'" in dataset.notes[0]
    assert open_dataset(root, label="a").classes == ["0", "1"]


@pytest.mark.parametrize(
    "text",
    [
        "image,a,b\n0,0.2,0.8\n1,0.5,0.5\n2,1,0\n",  # shares, not classes
        "image,a\n0,1\n1,0\n2,1\n",  # a single flag
        "image,a,b\n0,1,0\n1,,1\n2,0,1\n",  # unknown for one
    ],
)
def test_columns_that_are_not_one_per_class_are_left_alone(write, text):
    dataset = open_dataset(write(text, "0.jpg", "1.jpg", "2.jpg"))
    assert not dataset.labelled
    assert dataset.notes[0].startswith("No column of 'items.csv' was taken as the label")


SEVERAL = {
    "in two orders": ["a b", "b a", "c", "c"],
    "each alone too": ["scab rust", "scab", "rust", "healthy"],
    "NIH": ["Cardiomegaly|Effusion", "Effusion", "Cardiomegaly", "Hernia"],
    "commas": ['"a,b"', '"a"', '"b"', '"a,b"'],
    "semicolons": ["x;y", "y;x", "x", "z"],
    "a list": ["\"['a', 'b']\"", "\"['b']\"", "\"['a']\"", "\"['a']\""],
    "bars that recur": ["a|b", "b|c", "a|c", "a|b"],
    "tags that recur": ["haze primary", "clear primary", "haze water", "clear water",
                        "clear primary water", "haze primary water", "primary water haze clear",
                        "water clear", "primary haze"],
}  # fmt: skip


@pytest.mark.parametrize("name", SEVERAL)
def test_several_labels_in_a_cell_are_told(write, name):
    cells = SEVERAL[name]
    rows = "".join(f"{i}.jpg,{cell}\n" for i, cell in enumerate(cells))
    dataset = open_dataset(write(f"file,tags\n{rows}", *(f"{i}.jpg" for i in range(len(cells)))),
                           label="tags")  # fmt: skip
    assert any("holds several labels in one cell" in note for note in dataset.notes)


def test_the_order_of_several_labels_makes_no_class(write):
    cells = ["scab frog", "frog scab", "scab", "frog", "healthy", "scab frog"]
    rows = "".join(f"{i}.jpg,{cell}\n" for i, cell in enumerate(cells))
    dataset = open_dataset(write(f"image,labels\n{rows}", *(f"{i}.jpg" for i in range(6))))
    assert dataset.classes == ["frog", "healthy", "scab", "scab frog"]
    assert labels(dataset)["1.jpg"] == "scab frog"
    assert "for 3 of 6 rows ('frog scab', 'scab frog')" in dataset.notes[0]


@pytest.mark.parametrize(
    "cells",
    [
        ["golden retriever", "great dane", "golden eagle", "labrador retriever"],
        ["red car", "blue car", "red bus", "blue bus"],
        ["Apple, sour", "Pear", "Plum", "Fig"],
        ["a/b", "c", "d", "e"],
        ["New York", "York", "Old Town", "Rome"],
    ],
)
def test_names_of_several_words_are_one_label(write, cells):
    rows = "".join(f'{i}.jpg,"{cell}"\n' for i, cell in enumerate(cells))
    dataset = open_dataset(write(f"file,label\n{rows}", *(f"{i}.jpg" for i in range(4))))
    assert (dataset.classes, dataset.notes) == (sorted(cells), ())


@pytest.mark.parametrize(
    ("cells", "classes", "told"),
    [
        (["1", "1.0", "2", "2.0"], ["1", "2"], True),
        (["1.0", "2.0", "3.0", "1.0"], ["1", "2", "3"], False),
        (["1.0", "1.5", "2.0", "2.5"], ["1.0", "1.5", "2.0", "2.5"], False),
        (["1", "1.0", "1.5", "2.0"], ["1", "1.5", "2.0"], True),
        (["01", "1", "1", "01"], ["01", "1"], False),
        (["-1", "-1.0", "0", "0.00"], ["-1", "0"], True),
        (["1.0", "cat", "cat", "1.0"], ["1.0", "cat"], False),
        (["v1.0", "v1", "v1", "v1.0"], ["v1", "v1.0"], False),
    ],
)
def test_one_number_written_in_two_ways_is_one_class(write, cells, classes, told):
    rows = "".join(f"{i}.jpg,{cell}\n" for i, cell in enumerate(cells))
    dataset = open_dataset(write(f"file,label\n{rows}", *(f"{i}.jpg" for i in range(4))))
    assert dataset.classes == classes
    assert any("the same number in two ways" in note for note in dataset.notes) == told


@pytest.mark.parametrize("cell", ["oak ", " oak", "oak\u00a0", "o\u200bak", "oak  "])
def test_unseen_spaces_make_no_class(write, cell):
    dataset = open_dataset(write(f'file,label\n0.jpg,"{cell}"\n1.jpg,oak\n2.jpg,elm\n'))
    assert dataset.classes == ["elm", "oak"]


def test_doubled_spaces_within_a_label_are_one_and_told(write):
    dataset = open_dataset(write("file,label\n0.jpg,red  oak\n1.jpg,red oak\n2.jpg,elm\n"))
    assert dataset.classes == ["elm", "red oak"]
    assert "taken out of the labels 'red  oak'; those alike" in dataset.notes[0]


def test_codes_stay_as_they_were_written_beside_empty_cells(write):
    text = "file,label,serial,zip,count\n0.jpg,a,1234567890123456789,01234,3\n1.jpg,b,,,\n"
    dataset = open_dataset(write(text))
    assert labels(dataset, "serial") == {
        "images/0.jpg": "1234567890123456789",
        "images/1.jpg": None,
    }
    assert labels(dataset, "zip") == {"images/0.jpg": "01234", "images/1.jpg": None}
    assert dataset.images["count"].dtype == "float64"


def test_long_codes_name_files_and_labels_exactly(write):
    first, second = "1234567890123456788", "1234567890123456789"
    text = f"code,label\n{first},{second}\n{second},{first}\n,\n"
    dataset = open_dataset(write(text, f"{first}.jpg", f"{second}.jpg"))
    assert labels(dataset) == {f"{first}.jpg": second, f"{second}.jpg": first}


@pytest.mark.parametrize("name", ["label", "split", "image_id", "loss", "prediction", "confidence"])
def test_metadata_under_one_of_our_names_are_renamed_and_told(write, name):
    text = f"photo,class_name,subset,{name}\n0.jpg,a,train,1\n1.jpg,b,test,2\n"
    dataset = open_dataset(write(text), label="class_name", split="subset", files="photo")
    assert dataset.images[f"{name}_in_table"].tolist() == [1, 2]
    assert f"{name!r} as '{name}_in_table'" in " ".join(dataset.notes)
    assert list(dataset.images.columns[:2]) == ["label", "split"]


def test_a_renamed_column_never_takes_the_place_of_another(write):
    text = "photo,label,loss,loss_in_table,folder_1\n0.jpg,a,1,5,q\n1.jpg,b,2,6,r\n"
    dataset = open_dataset(write(text))
    assert dataset.images["loss_in_table"].tolist() == [5, 6]
    assert dataset.images["loss_in_table_too"].tolist() == [1, 2]
    assert dataset.images["folder_1_in_table"].tolist() == ["q", "r"]


def test_the_split_column_with_most_splits_is_taken_and_the_other_told(write):
    text = "file,label,set,split\n0.jpg,a,A,train\n1.jpg,b,B,test\n2.jpg,b,test,train\n"
    dataset = open_dataset(write(text))
    assert labels(dataset, "split") == {
        "images/0.jpg": "train", "images/1.jpg": "test", "images/2.jpg": "train"
    }  # fmt: skip
    assert "Column 'split' was taken as the split, not 'set'" in dataset.notes[0]


def test_splits_of_a_table_win_over_folders_and_the_difference_is_told(write):
    text = "file,label,split\ntrain/1.jpg,a,test\ntest/2.jpg,b,test\ntest/3.jpg,b,\n"
    dataset = open_dataset(write(text, "train/1.jpg", "test/2.jpg", "test/3.jpg"))
    assert labels(dataset, "split") == dict.fromkeys(
        ["test/2.jpg", "test/3.jpg", "train/1.jpg"], "test"
    )
    assert "they differ for 1 of 3 images" in dataset.notes[0]


def test_numbers_in_a_split_column_are_kept_and_told(write):
    dataset = open_dataset(write("file,label,partition\n0.jpg,a,0\n1.jpg,b,1\n2.jpg,a,2\n"))
    assert dataset.images["split"].isna().all()
    assert dataset.images["partition"].tolist() == [0, 1, 2]
    assert dataset.notes[0].startswith("Column 'partition' names no split (0, 1, 2), so it is")


def test_quotes_and_spaces_around_cells_are_not_part_of_them(write):
    dataset = open_dataset(write('"file" , "label"\n"0.jpg", "x, y"\n"1.jpg", "z"\n'))
    assert labels(dataset) == {"images/0.jpg": "x, y", "images/1.jpg": "z"}


def test_an_empty_label_column_gives_way_to_a_filled_one(write):
    dataset = open_dataset(write("file,label,species\n0.jpg,,oak\n1.jpg,,elm\n"))
    assert dataset.classes == ["elm", "oak"]


def test_a_label_for_nearly_every_image_is_told(write):
    names = [f"{i}.jpg" for i in range(20)]
    rows = "".join(f"{name},thing {i}\n" for i, name in enumerate(names))
    assert "20 different labels for 20 images" in open_dataset(
        write(f"file,label\n{rows}", *names)
    ).notes[-1]  # fmt: skip


def test_json_lines_keep_numbers_and_nested_cells(write):
    rows = [
        {"file_name": "0.jpg", "label": 1, "serial": 1234567890123456789, "objects": {"b": [1]}},
        {"file_name": "1.jpg", "label": 2, "serial": None, "objects": {"b": [2, 3]}},
    ]
    text = "\n".join(map(json.dumps, rows))
    dataset = open_dataset(write(text, "0.jpg", "1.jpg", called="metadata.jsonl"))
    assert labels(dataset) == {"0.jpg": "1", "1.jpg": "2"}
    assert dataset.images["objects"].tolist() == ['{"b": [1]}', '{"b": [2, 3]}']
    assert int(dataset.images["serial"].iloc[0]) == 1234567890123456789
    assert dataset.images.to_parquet() is not None


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("sep=;\nfile;label\n0.jpg;a, b\n1.jpg;c\n", ["a, b", "c"]),
        ('"sep=\t"\nfile\tlabel\n0.jpg\ta\n1.jpg\tc\n', ["a", "c"]),
        ("sep=,\r\nfile,label\r\n0.jpg,a\r\n1.jpg,c\r\n", ["a", "c"]),
        ("file;label, as seen;note\n0.jpg;a;x\n1.jpg;c;y, z\n", None),
        ("file|label\n0.jpg|a,b\n1.jpg|c\n", ["a,b", "c"]),
    ],
)
def test_the_separator_is_the_one_that_cuts_all_rows_alike(write, text, classes):
    dataset = open_dataset(write(text))
    if classes is None:
        assert dataset.metadata == ["label, as seen", "note"]
    else:
        assert dataset.classes == classes


def test_of_columns_alike_but_for_capitals_the_first_is_taken_and_the_words_have_an_order(write):
    assert open_dataset(write("file,Label,label_\n0.jpg,a,x\n1.jpg,b,y\n")).classes == ["a", "b"]
    dataset = open_dataset(write("file,y,target,class\n0.jpg,1,2,a\n1.jpg,3,4,b\n"))
    assert dataset.classes == ["a", "b"]
    assert "taken as the label, not 'target', 'y'; name another" in dataset.notes[0]


@pytest.mark.parametrize(
    ("words", "taken"), [("train test x y", True), ("train x y z", False), ("train test", True)]
)
def test_a_split_column_counts_where_half_of_its_words_are_splits(write, words, taken):
    rows = "".join(f"{i}.jpg,a,{word}\n" for i, word in enumerate(words.split()))
    dataset = open_dataset(write(f"file,label,set\n{rows}"))
    assert dataset.images["split"].notna().any() == taken
    assert ("names no split" in " ".join(dataset.notes)) is not taken
    asked = open_dataset(dataset.root, split="set")
    assert asked.images["split"].count() == sum(word in ("train", "test") for word in words.split())


def test_rows_named_twice_are_counted_with_those_that_disagree(write):
    text = "file,label\n0.jpg,a\n0.jpg,b\n1.jpg,a\n1.jpg,a\n2.jpg,b\n"
    notes = open_dataset(write(text)).notes
    assert notes[0] == (
        "'items.csv' names 2 images more than once, 1 of them with different labels; the first row "
        "counts: images/0.jpg, images/1.jpg."
    )


def test_a_first_line_that_names_a_file_without_extension_is_no_header(write):
    root = write("p0,a\np1,b\np2,a\n", "p0.jpg", "p1.jpg", "p2.jpg")
    with pytest.raises(DatasetError, match=r"no header, its first line is already a row \(p0, a\)"):
        open_dataset(root / "items.csv")
    named = write("photo,label\np1,b\np2,a\n", "photo.jpg", "p1.jpg", "p2.jpg")
    assert labels(open_dataset(named)) == {"p1.jpg": "b", "p2.jpg": "a"}


@pytest.mark.parametrize("header", ["imagen,etiqueta", "文件名,类别", "Файл,Класс", "画像,ラベル"])
def test_columns_are_known_in_other_languages(write, header):
    rows = "".join(f"{i}.jpg,{'ab'[i % 2]}\n" for i in range(N))
    dataset = open_dataset(write(f"{header}\n{rows}"))
    assert labels(dataset) == {f"images/{i}.jpg": "ab"[i % 2] for i in range(N)}
