"""What can be reached from here, with what rights, and what each gap leaves uncovered."""

from chaos.cluster.doctor.examine import examine
from chaos.cluster.doctor.finding import Finding, Health

__all__ = ["Finding", "Health", "examine"]
