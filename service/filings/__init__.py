"""Records as authorities ask for them: FSMA 204, one step back and one forward."""
