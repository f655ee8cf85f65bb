"""Cross-validates XGBoost on a matrix and folds that are read as JSON, and writes its answers as JSON.

Wants Debian's python3-xgboost. A value of null is missing. The answer for a row comes from the model that
did not see the row's fold.
"""

import json
import sys

import numpy
import xgboost


def main():
    task = json.load(sys.stdin)
    columns = [[numpy.nan if v is None else v for v in column] for column in task["columns"]]
    matrix = numpy.array(columns, dtype=numpy.float64).T
    bad = numpy.array(task["bad"], dtype=numpy.float64)
    constraints = tuple(task["settings"].pop("monotone_constraints"))
    answers = []
    for fold in task["folds"]:
        fold = numpy.array(fold)
        answer = numpy.zeros(len(bad))
        for held in range(fold.max() + 1):
            fitted = fold != held
            settings = dict(
                task["settings"], monotone_constraints=constraints, base_score=float(bad[fitted].mean())
            )
            train = xgboost.DMatrix(matrix[fitted], label=bad[fitted])
            model = xgboost.train(settings, train, num_boost_round=task["rounds"])
            answer[~fitted] = model.predict(xgboost.DMatrix(matrix[~fitted]))
        answers.append(answer.tolist())
    json.dump({"version": xgboost.__version__, "answers": answers}, sys.stdout)


main()
