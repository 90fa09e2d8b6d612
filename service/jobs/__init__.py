"""What runs beside the requests: the bell, and workers that do what areas above have to do later."""
