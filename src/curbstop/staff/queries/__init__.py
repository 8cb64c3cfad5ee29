"""What the staff face gathers from the rooms: frames, home cards, search hits and the account overview."""
