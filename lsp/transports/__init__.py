"""Ways to an editor: stdin and stdout, a TCP port, a websocket. One server object for each editor."""
