"""The files each vendor's export button writes, from one neutral recording."""

from p4dp.synthetic.vendors.dosmed import write_dosmed
from p4dp.synthetic.vendors.fhirmed import write_fhirmed
from p4dp.synthetic.vendors.medirel import write_medirel

WRITERS = {"medirel": write_medirel, "dosmed": write_dosmed, "fhirmed": write_fhirmed}

__all__ = ["WRITERS"]
