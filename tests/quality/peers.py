"""The peers that have no Rust crate, on the same data as the table: optional, never needed to build or test.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install vaderSentiment==3.3.2 afinn==0.1 scikit-learn==1.9.1
    /tmp/peers/bin/python tests/quality/peers.py ../shared/data
"""

import gzip
import json
import pathlib
import sys

from afinn import Afinn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def first(folder: pathlib.Path, *names: str) -> pathlib.Path:
    return next((folder / name for name in names if (folder / name).exists()), folder / names[-1])


def tsv(path: pathlib.Path, fields: int) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t", fields - 1) for line in lines]


def sentiment(data: pathlib.Path) -> None:
    path = first(data / "airline-tweets", "test.jsonl.gz", "public.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        tweets = [json.loads(line) for line in lines]
    truth = [tweet["label"] for tweet in tweets]
    vader, afinn = SentimentIntensityAnalyzer(), Afinn()
    peers = {
        "VADER": lambda text: vader.polarity_scores(text)["compound"] / 0.05,
        "AFINN": lambda text: afinn.score(text),
    }
    for name, score in peers.items():
        values = [score(tweet["text"]) for tweet in tweets]
        said = ["positive" if value >= 1 else "negative" if value <= -1 else "neutral" for value in values]
        macro = f1_score(truth, said, average="macro")
        negative = f1_score(truth, said, labels=["negative"], average="macro")
        print(f"rows 1 and 2  {name}: n {len(truth)}, macro-F1 {macro:.3f}, F1 of negative {negative:.3f}")


def is_validation(text: str) -> bool:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value % 10 == 9


def intents(data: pathlib.Path) -> None:
    def svm(name, train, test):
        vectorizer = make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
        )
        model = LinearSVC().fit(vectorizer.fit_transform([text for _, text in train]), [intent for intent, _ in train])
        truth = [intent for intent, _ in test]
        said = model.predict(vectorizer.transform([text for _, text in test]))
        macro = f1_score(truth, said, labels=sorted(set(truth)), average="macro")
        print(f"row 8b  linear SVM on {name}: n {len(test)}, accuracy {accuracy_score(truth, said):.3f}, macro-F1 {macro:.3f}")

    def part(folder, fields, *names):
        rows = tsv(first(data / folder, *names), fields)
        return [(row[-2].split("<div>")[0], row[-1]) for row in rows]

    banking = part("banking77", 2, "train.tsv.gz")
    learnt = [row for row in banking if not is_validation(row[1])]
    held = data / "banking77" / "test.tsv.gz"
    svm("banking77", learnt, part("banking77", 2, "test.tsv.gz") if held.exists() else [r for r in banking if is_validation(r[1])])
    svm("clinc150", part("clinc150", 2, "train.tsv.gz"), part("clinc150", 2, "test.tsv.gz", "val.tsv.gz"))
    svm("multidogo", part("multidogo-intents", 5, "train.tsv.gz"), part("multidogo-intents", 5, "test.tsv.gz", "dev.tsv.gz"))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    sentiment(folder)
    intents(folder)
