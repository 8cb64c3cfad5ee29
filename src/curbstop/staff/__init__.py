"""The staff face: sign-in, home pages, menus, search and the account page; mounts every room's pages."""
