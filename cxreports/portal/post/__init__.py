"""What is sent to people: letters by mail, text messages."""
