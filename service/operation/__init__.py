"""What those who run the service do: keep copies, put them back, look whether all is well."""
