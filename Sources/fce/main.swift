print("fce")
