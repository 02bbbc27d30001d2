"""What the name of one folder, table or cell says: a split, a measurement, a number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

# The folders above an image, as (level, name): level 1 is the first below the root.
Parts = tuple[tuple[int, str], ...]
_SPLIT_OF = dict.fromkeys(("train", "trn", "training"), "train")
_SPLIT_OF |= dict.fromkeys(("valid", "val", "validation", "validate", "dev", "eval"), "valid")
_SPLIT_OF |= dict.fromkeys(("test", "tst", "testing", "tests", "holdout"), "test")
# The same in other languages, without the accents of Latin letters.
_ABROAD = {
    "train": "entrenamiento entrainement apprentissage treino treinamento addestramento egitim "
    "treningowy treningowe uczacy обучение обучающая тренировка 训练 訓練 学習 학습 훈련",
    "valid": "validacion validacao validierung validazione validatie walidacyjny walidacja "
    "dogrulama валидация валидационная 验证 驗證 検証 검증",
    "test": "prueba pruebas teste testes testowy testowe тест тестовая 测试 測試 テスト 테스트",
}
_SPLIT_OF |= {word: split for split, words in _ABROAD.items() for word in words.split()}
_EMPTY = {"set", "split", "data", "dataset", "image", "images", "img", "imgs", "folder", "dir"}
_EMPTY |= {"photo", "photos", "pictures", "pics", "files", "samples", "labels", "all", "jpg", "png"}
_EMPTY |= {"daten", "satz", "datos", "imagenes", "donnees", "dados", "выборка", "данные", "集"}
_RUN_TOGETHER = re.compile(
    r"(.+?)(set|split|data|images|imgs|folder|s?daten|satz|数据集|数据|データ|集|데이터)"
)
# Things that a folder is called by and that no class is: when, how large, by what, from where, and
# which version of the same pictures.
_MONTHS = "jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?"
_MONTHS += "|oct(ober)?|nov(ember)?|dec(ember)?|spring|summer|autumn|winter"
_CIRCUMSTANCE = re.compile(
    r"left|right|od|os|front|back|rear|side|top|bottom|colou?r|gr[ae]y(scale)?|segmented|original"
    r"|augmented|resized|cropped|enhanced|rgb|raw|images|masks?|annotations|ground[-_ ]?truth"
    r"|(19|20)\d\d([-_. ]?\d\d){0,2}|\d\d?[-_. ]\d\d?[-_. ](19|20)?\d\d|photos from (19|20)\d\d"
    rf"|(\d\d?[-_. ]*)?({_MONTHS})([-_. ]*(19|20)\d\d)?"
    r"|1\d\d(apple|canon|nikon|msdcf|media|andro|gopro|_pana|_fuji|recnx|olymp|eos\w+|nd\d+)"
    r"|\d+(\.\d+)? ?(x|px|mm|um|dpi|k|p)|\d+ ?x ?\d+( ?px)?"
    r"|(fold|split|part|batch|session|run|trial|round|day|week|month|visit|year|season|time"
    r"|cam|camera|device|scanner|sensor|phone|view|angle|site|hospital|center|centre|clinic"
    r"|location|plot|field|farm|video|clip|seq|sequence|scene|set|series|volume|vol|plate|slide"
    r"|well|zoom|mag|magnification|size|res|resolution|level|folder)[-_. ]*([a-z]|\d+[a-z]?)"
)
WRAPPERS = {"image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pics"}
WRAPPERS |= {"jpg", "jpeg", "png", "jpegimages", "data", "dataset", "files", "rgb", "frames", "raw"}
UNLABELLED = {"unlabelled", "unlabeled", "unsup", "unknown_labels", "no_label"}
THINGS = ("specimen", "patient", "subject", "individual", "lesion", "animal", "group", "person")
THINGS += ("customer", "user", "camera", "video", "sequence", "case", "participant", "volunteer")


_PARTS = re.compile(r"[A-Z]*[a-z]+|[A-Z]+|[^\W\d_A-Za-z]+|\d+")


def split_and_rest(name: object) -> tuple[str | None, str]:
    """The split that a delimited part of `name` says, and the name without it where other parts
    say something.

    "train2017" → train, ""; "seg_train" → train, "seg"; "trainA" → train, "A"; "contest" → None,
    "contest". Two splits in one name ("train_val") say none.
    """
    text, found, rest = str(name), {}, False
    for match in _PARTS.finditer(_without_accents(text)):
        part = match[0].lower()
        together = _RUN_TOGETHER.fullmatch(part)
        word = together[1] if together and together[1] in _SPLIT_OF else part
        if word in _SPLIT_OF:
            found[match.span()] = _SPLIT_OF[word]
        else:
            rest = rest or not (part.isdigit() or part in _EMPTY)
    if len({*found.values()}) != 1:
        return None, text
    start, end = next(iter(found))
    left = " ".join(piece for piece in (text[:start], text[end:]) if re.search(r"\w", piece))
    return found[start, end], re.sub(r"^[\W_]+|[\W_]+$", "", left) if rest else ""


def _without_accents(text: str) -> str:
    """As many characters, those with accents as the Latin letters they are made of."""
    letters = (unicodedata.normalize("NFD", c)[0] for c in text)
    return "".join(new if new.isascii() else c for c, new in zip(text, letters, strict=True))


def split_of(word: object) -> str | None:
    """train, valid or test for any usual spelling ("Training", "VAL", "test_set", "val2017")."""
    split, rest = split_and_rest(word)
    return None if rest else split


def are_circumstances(names: Collection[str]) -> bool:
    """Whether all `names` are years, sizes, folds, cameras, visits: never classes of things."""
    return bool(names) and all(_CIRCUMSTANCE.fullmatch(name.strip().lower()) for name in names)


def are_things(names: Collection[str]) -> bool:
    """Whether all `names` are one word for a thing with its number ("patient_07", "subject 3")."""
    found = [re.fullmatch(r"([^\W\d_]+)[\W_]*\d+[a-z]?", name.strip().lower()) for name in names]
    return bool(found) and all(
        match and match[1] in THINGS and match[1] != "camera" for match in found
    )


def are_numbers_of_things(names: Collection[str], parents: int) -> bool:
    """Whether `names` differ by their numbers alone, as those of specimens do ("P01", "10253"),
    or below several `parents` by those and by one word for each ("b1", "b2"; "m1", "m2")."""
    shapes = {re.sub(r"\d+", "#", name.strip()) for name in names}
    shapes = {re.sub(r"(?<![^\W\d_])[^\W\d_](?![^\W\d_])", "@", shape) for shape in shapes}
    most = max(1, len(names) // 4, parents if len(names) >= 2 * parents else 0)
    return len(shapes) <= most < len(names) and all("#" in shape for shape in shapes)
