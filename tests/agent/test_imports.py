import subprocess
import sys


def test_the_agent_imports_nothing_that_a_device_does_not_carry() -> None:
    code = "import sys, agent.cli, agent.wiring, agent.demo; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"tensorflow", "keras", "training", "export", "scraper", "deploy", "matplotlib"} & set(loaded)
