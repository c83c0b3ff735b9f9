"""The machine on the card, and whether it is the one that answers now, which calls itself COMP1: as data."""

from __future__ import annotations

from tests.corpus.model import MachineRow

MACHINES = (
    MachineRow(name="as shown", said=("comp1", "COMP1"), same=True),
    MachineRow(name="in other letters", said=("Comp1", "comp1"), same=True),
    MachineRow(name="another one", said=("comp2", "COMP2"), same=False),
    MachineRow(name="another DNS name", said=("comp2", "COMP1"), same=False),
    MachineRow(name="another NetBIOS name", said=("comp1", "COMP2"), same=False),
    MachineRow(name="a longer name", said=("comp", "COMP"), same=False),
    MachineRow(name="no DNS name on the card", said=("", "COMP1"), same=True),
    MachineRow(name="no DNS name on the card of another one", said=("", "COMP2"), same=False),
    MachineRow(name="no NetBIOS name on the card", said=("comp1", ""), same=True),
)
