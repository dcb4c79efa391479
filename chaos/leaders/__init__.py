"""Who led, whether two did, and how long nobody did.

etcd: `terms`. The controllers, which elect by a Lease: `leases` judges who wrote to it, `takeover`
measures how long it took until there was another holder, `acting` how long two acted at once by
their own account, `working` when the work was done again. `told` reads their facts from a timeline,
and `summary` has all of it. All is pure: the same timeline, the same answer.
"""
