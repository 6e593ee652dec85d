"""Service files: what lets the system start a run and start it again when it fails."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape


def systemd_unit(command: Sequence[str], folder: Path, name: str) -> str:
    """A unit for systemd; secrets come from a file of the environment that only its owner can read."""
    return f"""\
# put this into ~/.config/systemd/user/{name}.service, then:
#   systemctl --user daemon-reload && systemctl --user enable --now {name}
#   loginctl enable-linger $USER          (it runs on when you log out)
# secrets, one NAME=value a line, into ~/.config/tradeplan/{name}.env (chmod 600): TRADEPLAN_NOTIFY, ...
[Unit]
Description=tradeplan run {name}
Wants=network-online.target
After=network-online.target
# never give up: after a start of the machine the terminal or the way to it may come much later
StartLimitIntervalSec=0

[Service]
Type=simple
WorkingDirectory={_unit_value(str(folder))}
EnvironmentFile=-%h/.config/tradeplan/{name}.env
ExecStart={" ".join(_unit_word(word) for word in command)}
# exit code 2 is a mistake in the command or its files: starting again would not mend it
Restart=on-failure
RestartPreventExitStatus=2
RestartSec=20
KillSignal=SIGTERM
TimeoutStopSec=60
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


def windows_task(command: Sequence[str], folder: Path, name: str) -> str:
    """A task for the Windows Task Scheduler. It starts at log-on, as a terminal of MetaTrader needs a desktop."""
    program, arguments = command[0], subprocess.list2cmdline(command[1:])
    return f"""\
<?xml version="1.0" encoding="UTF-16"?>
<!-- save as {name}.xml, then: schtasks /create /tn {name} /xml {name}.xml
     secrets are variables of your user: setx TRADEPLAN_NOTIFY "..." -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>tradeplan run {escape(name)}</Description></RegistrationInfo>
  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>
  <Principals><Principal id="Author"><LogonType>InteractiveToken</LogonType></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
    <StartWhenAvailable>true</StartWhenAvailable>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(arguments)}</Arguments>
      <WorkingDirectory>{escape(str(folder))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def _unit_value(text: str) -> str:
    return text.replace("%", "%%")


def _unit_word(word: str) -> str:
    """A word of ExecStart as systemd reads it: `%` and `$` mean something there."""
    safe = _unit_value(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{safe}"' if not word or any(c in word for c in " \t'\";\\") else safe
