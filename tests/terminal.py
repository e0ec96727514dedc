"""Programs on a real pseudo-terminal, and what a reader sees there."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

# Return, newline, a control sequence, or text.
TOKEN = re.compile(r"\r|\n|\x1b\[([\d;?]*)([A-Za-z])|[^\r\n\x1b]+")


class Screen:
    """Lines of a terminal, those that scrolled away included, after each piece of output."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.row, self.column = [""], 0, 0
        self.wrapped = 0  # lines that were longer than the terminal is wide

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.lines).rstrip()

    def feed(self, text):
        for token in TOKEN.finditer(text):
            if token[2]:
                self._control(token[2], token[1])
            elif token[0] == "\r":
                self.column = 0
            elif token[0] == "\n":
                self._down()
            else:
                for character in token[0]:
                    self._put(character)

    def _down(self):
        self.row += 1
        self.lines += [""] * (self.row + 1 - len(self.lines))

    def _put(self, character):
        if self.column == self.columns:
            self.wrapped, self.column = self.wrapped + 1, 0
            self._down()
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
        self.column += 1

    def _control(self, kind, number):
        if kind == "A":  # up, at most to the top of what is seen
            top = max(0, len(self.lines) - self.rows)
            self.row = max(top, self.row - int(number or 1))
        elif kind == "J":  # clear to the end
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        elif kind == "K" and number == "2":
            self.lines[self.row] = ""
        else:
            assert kind == "m", f"unknown control sequence {number}{kind}"


class Terminal:
    """A program on a pseudo-terminal of its own, of which Ctrl-C reaches all its processes."""

    def __init__(self, command, columns=80, rows=24, **options):
        self.screen = Screen(columns, rows)
        self.raw = ""
        self._own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=take_terminal,
            **options,
        )  # fmt: skip
        os.close(theirs)

    def read(self):
        """Some more output; False at its end."""
        try:
            text = os.read(self._own, 65536).decode(errors="replace")
        except OSError:  # nobody has it open any more
            text = ""
        self.raw += text
        self.screen.feed(text)
        return bool(text)

    def until(self, condition):
        """Read until `condition(screen)` holds."""
        while not condition(self.screen):
            assert self.read(), f"ended with\n{self.screen.text}"

    def press(self, key):
        os.write(self._own, key)

    def end(self):
        """Read to the end; exit status and all that can be read on the terminal."""
        while self.read():
            pass
        os.close(self._own)
        return self.process.wait(), self.screen.text
