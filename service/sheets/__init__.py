"""Spreadsheets in: what people keep in workbooks and CSV files becomes registrations and EPCIS events."""
