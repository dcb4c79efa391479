"""How long each probe should suffer under a fault, computed beforehand from the settings.

>>> told = predict("etcd-stop", "silent", scene, settings, sampling.probes, hold=order.hold)
>>> told["api-write"].outage
Interval(least=0.0, most=3.5)
>>> compare(told["api-write"], Measured(outage, trouble)).told
'confirmed: …'

Pure: it imports chaos.measure and plain data alone. Read the settings, not the manual: what cannot
be read widens the interval to what is documented, or there is no prediction, with the reason.
"""

from chaos.prediction.compare import Comparison, Concern, Measured, against, compare
from chaos.prediction.interval import Interval
from chaos.prediction.model import Branch, Prediction, Term
from chaos.prediction.predict import predict

__all__ = [
    "Branch",
    "Comparison",
    "Concern",
    "Interval",
    "Measured",
    "Prediction",
    "Term",
    "against",
    "compare",
    "predict",
]
