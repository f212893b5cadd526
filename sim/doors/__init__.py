"""Ways into a simulated gun: in process (virtual time), pyserial URL, pty, loopback TCP. One engine behind them all."""
