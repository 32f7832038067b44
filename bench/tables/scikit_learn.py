"""scikit-learn's side of the comparison on tables: from a CSV file to a report, five seeds or one.

Usage: python3 scikit_learn.py FILE.csv TARGET [SEED…]

The same cut into training and test rows as `deno task train --csv FILE.csv --target TARGET --seed SEED`; the pipeline
that its users write first: missing cells imputed, categories as 0 and 1, all standardised, an MLPClassifier as it comes.
It prints the accuracy of each seed.
"""

import csv
import sys

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MISSING = {"", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"}


def number(text):
    try:
        return np.nan if text.strip() in MISSING else float(text)
    except ValueError:
        return None


file, target, *seeds = sys.argv[1:]
with open(file, newline="") as f:
    rows = list(csv.DictReader(f))
y = np.array([row[target].strip() for row in rows])
names = [name for name in rows[0] if name != target]
numeric = [name for name in names if all(number(row[name]) is not None for row in rows)]
categories = [name for name in names if name not in numeric]
X = np.empty((len(rows), len(names)), object)
for j, name in enumerate(numeric + categories):
    for i, row in enumerate(rows):
        text = row[name].strip()
        X[i, j] = number(text) if name in numeric else (np.nan if text in MISSING else text)
n = len(numeric)
for seed in [int(s) for s in seeds] or range(5):
    parts = []
    if numeric:
        parts.append(("numbers", SimpleImputer(), list(range(n))))
    if categories:
        encode = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
        parts.append(("categories", encode, list(range(n, len(names)))))
    model = make_pipeline(
        ColumnTransformer(parts, sparse_threshold=0), StandardScaler(), MLPClassifier(random_state=seed)
    )
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=seed)
    predictions = model.fit(X_train, y_train).predict(X_test)
    print(classification_report(y_test, predictions, zero_division=0), file=sys.stderr)
    print((predictions == y_test).mean())
