"""What the machine offers: devices, files, memory, graphics, progress, signals."""
