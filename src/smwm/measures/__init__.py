"""Tables of measurements, which figures are drawn from and claims are judged by."""
