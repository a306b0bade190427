"""What a fraud service can know about a payment at the instant at which it is asked.

"In 24 h" and the like fade: an event counts 1 when it happens and 1/e after that time, so that a
steady rate gives the same number as a window of that width would, and the memory stays small.
The account that is judged is the customer's: the debtor's, or the creditor's where the debtor is
no customer (a deposit). Amounts are minor units of that account.
"""

from __future__ import annotations

FEATURES = (
    "amount_minor",
    "amount_to_typical",
    "amount_z",
    "payments_5m",
    "payments_1h",
    "payments_24h",
    "amount_24h_to_typical",
    "payees_24h",
    "since_last_s",
    "declines_1h",
    "new_payee",
    "new_device",
    "away",
    "account_age_d",
    "inflow_24h_minor",
    "out_to_in_24h",
    "payers_24h",
    "deposits_under_threshold_7d",
    "to_customer",
    "to_merchant",
    "to_other_bank",
    "payee_payers_24h",
    "payee_out_to_in_24h",
    "payee_age_d",
    "amount_to_merchant",
    "merchant_small_1h",
    "merchant_small_share_1h",
    "merchant_declines_1h",
    "device_accounts_24h",
    "hour",
    "payments_5m_to_usual",
    "payments_1h_to_usual",
    "amount_24h_to_usual",
    "since_last_to_usual",
    "merchant_declines_share_1h",
)
"""Names of the features, as rules and the columns of the trace call them.

amount_to_typical, amount_z
    Over the account's typical payment; and how many spreads its logarithm lies above the mean of
    the account's own history.
payments_*, payees_24h
    What the account was asked to pay, this payment included; distinct payees.
amount_24h_to_typical
    This payment and those before it that the fraud service let pass, over the account's typical
    payment; what somebody else then refused, for want of funds say, counts with them.
since_last_s
    Time since the account's payment before, at most a week.
declines_1h
    Of the account's payments, for whatever reason.
new_payee, new_device
    0 or 1: first met with this account less than a day ago, and not known before the run.
away
    1: made from another region than the owner's.
account_age_d, payee_age_d
    Days since it was opened, at most a year; what was open before the run is a year old.
inflow_24h_minor, out_to_in_24h, payers_24h
    Posted credits to the account; over that, what `amount_24h_to_typical` sums up, 0 without
    inflow; distinct payers.
deposits_under_threshold_7d
    Cash deposits of 75 to 100 % of the reporting threshold, a deposit that is judged included.
to_customer, to_merchant, to_other_bank
    0 or 1: who is paid.
payee_payers_24h, payee_out_to_in_24h
    The same of the payee, if it is a customer of this bank.
amount_to_merchant
    Over what the merchant usually takes; 0 for other payees.
merchant_small_1h, merchant_small_share_1h, merchant_declines_1h
    Payments to the merchant of less than a fifth of what it usually takes, their share of all, and
    those that were declined.
device_accounts_24h
    Distinct accounts that the device has paid from; 0 without a device. What somebody pays with
    the device that he has enrolled counts from when another account has been met on it.
hour
    Of the day, with its fraction.
payments_*_to_usual, amount_24h_to_usual, since_last_to_usual
    The same over what is usual for the account: its payments so far and a few of the average
    customer's, over the time of both. A count is divided by one more than would usually fall into
    its window (or the time watched, if shorter), a sum by that times the typical payment, and a gap
    by the usual one (ten at most). So they mean the same whether customers pay thrice a day or
    twice a minute.
merchant_declines_share_1h
    Of the payments to the merchant, this one included.
"""

PLACES = {name: place for place, name in enumerate(FEATURES)}
"""Name of a feature -> its place among them."""
