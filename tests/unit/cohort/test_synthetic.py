import subprocess
import sys

from livermets.cohort.synthetic import patient_ids


def test_ids_follow_from_the_count_alone():
    assert patient_ids(3) == ["P001", "P002", "P003"]
    assert patient_ids(2, "V") == ["V001", "V002"]
    assert patient_ids(12)[:3] == patient_ids(3)


def test_naming_imports_no_numpy():
    """The workflow names patients while it is parsed, on every node."""
    code = "import sys, livermets.cohort.synthetic; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
