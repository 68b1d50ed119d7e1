"""What gunicorn is told beyond its settings (gunicorn.conf.py): how it stops, how it says no, where it logs."""
