"""Series that are forecast by spiking networks: NeuroBench's Mackey-Glass benchmark."""
