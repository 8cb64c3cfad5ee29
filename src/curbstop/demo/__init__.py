"""The demo: a city made of published figures, its people, a year of reads, and one business day played through."""
