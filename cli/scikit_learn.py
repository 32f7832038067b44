"""Networks to and from scikit-learn, by way of safetensors files.

    from scikit_learn import from_safetensors, to_safetensors   # this file, beside yours

    to_safetensors(model, "model.safetensors")     # an MLPClassifier, or a Pipeline of a StandardScaler and one
    model = from_safetensors("model.safetensors")  # what `deno task train --save model.safetensors` wrote

or on the command line, with a model that joblib saved:

    python scikit_learn.py model.joblib model.safetensors
    python scikit_learn.py model.safetensors model.joblib

What comes out is an MLPClassifier, in a Pipeline with its scaler, if it has one; and, for a table, with a
ColumnTransformer in front, which takes the table's columns in their order, numbers as numbers and categories as texts
(`columns_` of the Pipeline's first step has their names). It predicts; to train it on, scikit-learn begins anew.

It needs scikit-learn and safetensors. An MLPClassifier has softmax outputs, or one sigmoid for two classes, which is the
same: so the article's network, a sigmoid for each class, cannot be had there.
"""

import json
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, LabelBinarizer, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.utils.validation import check_is_fitted

KEY = "@scratch/nn"
ACTIVATIONS = {"logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}


def to_safetensors(model, path):
    """Writes an MLPClassifier, or a Pipeline of a StandardScaler and an MLPClassifier."""
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    scaler, mlp = steps if len(steps) == 2 else (None, steps[-1] if len(steps) == 1 else None)
    if not isinstance(mlp, MLPClassifier) or not isinstance(scaler, (StandardScaler, type(None))):
        got = ", ".join(type(step).__name__ for step in steps)
        raise TypeError(
            f"expected an MLPClassifier, perhaps after a StandardScaler, got {got}; what is before the scaler "
            "cannot be taken along: to_safetensors(model[1:], …) takes the rest"
        )
    check_is_fitted(mlp)
    if mlp.activation not in ACTIVATIONS:
        raise ValueError(f"the activation {mlp.activation!r} is none of {', '.join(ACTIVATIONS)}")
    if mlp._label_binarizer.y_type_.startswith("multilabel"):
        raise ValueError("several labels for a row cannot be had")
    coefs = [w.astype(float) for w in mlp.coefs_]
    intercepts = [b.astype(float) for b in mlp.intercepts_]
    if len(mlp.classes_) == 2:  # one sigmoid is a softmax of two, of which one is 0
        coefs[-1] = np.hstack([np.zeros_like(coefs[-1]), coefs[-1]])
        intercepts[-1] = np.concatenate([[0.0], intercepts[-1]])
    tensors = {}
    for i, (w, b) in enumerate(zip(coefs, intercepts)):
        tensors[f"{2 * i}.weight"] = np.ascontiguousarray(w.T)
        tensors[f"{2 * i}.bias"] = b
    params = {
        "nFeatures": coefs[0].shape[0], "nClasses": None, "classes": mlp.classes_.tolist(),
        "nHiddenUnits": [w.shape[1] for w in coefs[:-1]], "activation": ACTIVATIONS[mlp.activation],
        "output": "softmax", "initialWeights": "glorot", "l1": 0, "l2": mlp.alpha, "penalty": "exact",
        "epochs": mlp.max_iter, "learningRate": 0.01, "schedule": "constant", "momentum": 0,
        "reduction": "mean", "nBatches": 1, "batchSize": None, "shuffle": bool(mlp.shuffle), "randomSeed": 42,
    }
    net = {
        "format": f"{KEY} NNClassifier", "version": 3, "params": params,
        "weights": [], "isFitted": True, "errors": [float(e) for e in getattr(mlp, "loss_curve_", [])],
    }
    if scaler is not None:
        zeros, ones = np.zeros(coefs[0].shape[0]), np.ones(coefs[0].shape[0])
        columns = {
            "mean": (scaler.mean_ if scaler.with_mean else zeros).tolist(),
            "scale": (scaler.scale_ if scaler.with_std else ones).tolist(),
        }
        first = {"format": f"{KEY} StandardScaler", "version": 1, "params": {}, "columns": columns}
        net = {"format": f"{KEY} Pipeline", "version": 2, "steps": [first, net]}
    save_file(tensors, path, {KEY: json.dumps(net)})


def from_safetensors(path):
    """Reads a model: see the top of this file."""
    with safe_open(path, "np") as file:
        metadata = file.metadata() or {}
        if KEY not in metadata:
            raise ValueError(f"{path} is of another program: its metadata have no {KEY!r}")
        tensors = {name: file.get_tensor(name).astype(float) for name in file.keys()}
    model = json.loads(metadata[KEY])
    steps = model.get("steps", [model])
    front = [step_of(step) for step in steps[:-1]]
    return make_pipeline(*front, network_of(steps[-1], tensors)) if front else network_of(steps[-1], tensors)


def network_of(net, tensors):
    """An MLPClassifier that is fitted."""
    params = net["params"]
    layers = sorted(int(name.split(".")[0]) for name in tensors if name.endswith(".weight"))
    names = set(np.ravel(params["activation"]).tolist()) if len(layers) > 1 else {"relu"}
    if params["output"] != "softmax":
        raise ValueError(f"an MLPClassifier has softmax outputs, and the model {params['output']} ones")
    if len(names) != 1:
        raise ValueError("an MLPClassifier has one activation for all hidden layers, and the model several")
    (name,) = names
    mlp = MLPClassifier(
        hidden_layer_sizes=[tensors[f"{l}.weight"].shape[0] for l in layers[:-1]],
        activation=next(theirs for theirs, ours in ACTIVATIONS.items() if ours == name),
    )
    mlp.coefs_ = [tensors[f"{l}.weight"].T for l in layers]
    mlp.intercepts_ = [tensors[f"{l}.bias"] for l in layers]
    classes = net.get("classes") or params["classes"] or list(range(params["nClasses"]))
    mlp.classes_ = np.array(classes)
    if len(classes) == 2:  # a softmax of two is a sigmoid of their difference
        mlp.coefs_[-1] = mlp.coefs_[-1][:, 1:] - mlp.coefs_[-1][:, :1]
        mlp.intercepts_[-1] = mlp.intercepts_[-1][1:] - mlp.intercepts_[-1][:1]
    order = np.argsort(mlp.classes_)  # scikit-learn's classes are sorted
    if len(classes) > 2:
        mlp.coefs_[-1], mlp.intercepts_[-1] = mlp.coefs_[-1][:, order], mlp.intercepts_[-1][order]
    elif order[0] == 1:
        mlp.coefs_[-1], mlp.intercepts_[-1] = -mlp.coefs_[-1], -mlp.intercepts_[-1]
    mlp.classes_ = mlp.classes_[order]
    mlp._label_binarizer = LabelBinarizer().fit(mlp.classes_)
    mlp.n_features_in_ = mlp.coefs_[0].shape[0]
    mlp.n_layers_ = len(layers) + 1
    mlp.n_outputs_ = mlp.coefs_[-1].shape[1]
    mlp.out_activation_ = "logistic" if len(classes) == 2 else "softmax"
    mlp.n_iter_, mlp.loss_curve_ = len(net["errors"]), net["errors"]
    return mlp


def step_of(step):
    """A scaler, or what reads a table, that is fitted."""
    if step["format"] == f"{KEY} TableVectorizer":
        return table_of(step)
    columns = {name: np.array(values) for name, values in step["columns"].items()}
    if step["format"] == f"{KEY} StandardScaler":
        scaler = StandardScaler()
        scaler.mean_, scaler.scale_ = columns["mean"], columns["scale"]
        scaler.var_ = scaler.scale_**2
    else:
        scaler = MinMaxScaler(feature_range=tuple(step["params"]["featureRange"]))
        scaler.scale_, scaler.min_ = columns["scale"], columns["min"]
    scaler.n_features_in_ = len(scaler.scale_)
    return scaler


def table_of(step):
    """A ColumnTransformer: for each column of the table, what stands in for missing cells, and its categories."""
    transformers, rows = [], max(len(column.get("categories", [0])) for column in step["columns"])
    sample = np.zeros((rows, len(step["columns"])), object)  # what it is fitted to: every category once
    for j, column in enumerate(step["columns"]):
        categories, fill = column.get("categories"), column.get("fill")
        steps = []
        if fill is not None:
            steps.append(SimpleImputer(strategy="constant", fill_value=fill))
        if categories is not None:
            sample[:, j] = [categories[i % len(categories)] for i in range(rows)]
            steps.append(OneHotEncoder(categories=[categories], handle_unknown=step["params"]["handleUnknown"]))
        else:
            steps.append(FunctionTransformer(np.float64))  # of cells of any kind
        transformers.append((column["name"], make_pipeline(*steps), [j]))
    front = ColumnTransformer(transformers, sparse_threshold=0).fit(sample)
    front.columns_ = [column["name"] for column in step["columns"]]
    return front


if __name__ == "__main__":
    import joblib

    if len(sys.argv) != 3 or sys.argv[2].endswith(".safetensors") == sys.argv[1].endswith(".safetensors"):
        sys.exit(__doc__)
    source, target = sys.argv[1:]
    try:
        if source.endswith(".safetensors"):
            joblib.dump(from_safetensors(source), target)
        else:
            to_safetensors(joblib.load(source), target)
    except (OSError, TypeError, ValueError) as error:
        sys.exit(f"{source}: {error}")
