import pytest

from helpers.opening.names import (
    are_circumstances,
    are_numbers_of_things,
    are_things,
    split_and_rest,
    split_of,
)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("train2017", ("train", "")), ("1_train", ("train", "")), ("TRAIN_256", ("train", "")),
        ("valid_set", ("valid", "")), ("test-images", ("test", "")), ("trainset", ("train", "")),
        ("seg_train", ("train", "seg")), ("asl_alphabet_test", ("test", "asl_alphabet")),
        ("train cats", ("train", "cats")), ("trainA", ("train", "A")),
        ("train_train", ("train", "")), ("train_val", (None, "train_val")),
        ("pretrained", (None, "pretrained")),
        ("contest", (None, "contest")), ("latest", (None, "latest")),
        ("protest", (None, "protest")),
        ("testimony", (None, "testimony")), ("test tube", ("test", "tube")), (3, (None, "3")),
    ],
)  # fmt: skip
def test_a_split_is_a_delimited_part_of_a_name(name, told):
    assert split_and_rest(name) == told


@pytest.mark.parametrize(
    ("words", "split"),
    [
        ("train TRAIN Training train_set trainset train2017 train-images", "train"),
        ("valid VAL validation Validation_Set dev val2017 valid_data", "valid"),
        ("test Testing TEST test_images testset holdout", "test"),
        (
            "entrenamiento entraînement Treino Trainingsdaten 训练集 обучение 학습 train_dados",
            "train",
        ),
        ("validación Validierung validação 验证集 验证 валидация 검증", "valid"),
        ("prueba Teste Testdaten 测试集 测试 тест テスト テストデータ", "test"),
        ("eğitim treningowy uczący", "train"),
        ("doğrulama validatie walidacyjny", "valid"),
        ("testowy testowe", "test"),
        ("attesté probe Zug 训练师 протест testate", None),
        ("cat contest trainer 3 default testimony", None),
    ],
)
def test_usual_spellings_of_splits_are_known(words, split):
    assert {word: split_of(word) for word in words.split()} == dict.fromkeys(words.split(), split)


@pytest.mark.parametrize(
    ("names", "parents", "numbered"),
    [
        (["P01", "P02"], 1, True), (["10253", "9"], 1, True), (["A01", "B02", "C3"], 1, True),
        (["0", "1"], 1, True), (["7"], 1, False), (["cat", "dog"], 1, False),
        (["cat1", "dog1"], 1, False), (["cat1", "cat2", "dog1", "dog2"], 2, True),
        (["cat1", "cat2", "dog1"], 2, False), (["cat1", "cat2", "dog1", "dog2"], 1, False),
        (["P1", "cat"], 1, False), (["P1", "P2", "P3", "P4", "P5", "P6", "P7", "x"], 1, False),
        (["ab1", "ab2", "ab3", "cd1", "cd2", "cd3", "cd4", "cd5"], 1, True),
        (["ab1", "ab2", "ab3", "cd1", "cd2", "cd3", "cd4"], 1, False),
        (["ab1", "cd1", "ef1", "gh1"], 3, False), (["ab1", "ab2", "cd1", "ef1"], 3, False),
    ],
)  # fmt: skip
def test_things_are_numbered_where_names_differ_by_numbers_alone(names, parents, numbered):
    assert are_numbers_of_things(names, parents) is numbered


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("2019 2020", True), ("2019-05-01 20200601", True), ("40X 100x", True),
        ("fold1 fold_2", True),
        ("64x64 128x128", True), ("cam1 cam2", True), ("session1 session2", True),
        ("left right", True), ("100APPLE 101APPLE", True), ("101_PANA", True),
        ("10.05.2021 11-05-2021", True), ("January march", True), ("2021-May", False),
        ("May-2021 june_2022", True), ("100euros 200euros", False), ("marigold", False),
        ("color grayscale", True), ("2019 cat", False), ("1850 1860", False), ("apple pear", False),
        ("folder", False), ("left handed", False), ("12 13", False), ("site1 sitex1", False),
    ],
)  # fmt: skip
def test_circumstances_are_told_from_classes(names, found):
    assert are_circumstances(names.split()) is found
    assert not are_circumstances([])


def test_things_carry_a_word_for_a_thing_and_a_number():
    assert are_things(["patient_1", "Patient 02"]) and are_things(["subject3b"])
    assert not are_things(["patient_1", "cat"]) and not are_things(["class1"])
    assert not are_things(["camera_1"]) and not are_things([])
