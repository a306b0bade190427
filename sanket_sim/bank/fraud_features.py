"""What a fraud service can know about a payment at the instant at which it is asked."""

from __future__ import annotations

FEATURES = (
    "amount_minor",
    "amount_to_typical",
    "payments_5m",
    "payments_1h",
    "payments_24h",
    "amount_24h_to_typical",
    "new_payee",
    "new_device",
    "away",
    "inflow_24h_minor",
    "out_to_in_24h",
    "deposits_under_threshold_7d",
    "payee_payers_24h",
    "payee_out_to_in_24h",
    "merchant_small_1h",
    "declines_1h",
    "device_accounts_24h",
    "hour",
)
"""Names of the features, as rules and the columns of the trace call them."""
