"""Ways into a simulated gun: in process (virtual time), pyserial URL, pty, loopback TCP. One engine behind all of them."""
