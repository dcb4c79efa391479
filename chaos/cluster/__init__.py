"""What we look at and act on: inventory, cluster, nodes, targets, facts."""
