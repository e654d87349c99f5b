"""The harmless text every virus scanner takes for a virus, so that it can be tried (EICAR, 2003). In two
parts here, so that no scanner takes this file for one."""

MARK = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + MARK + b"!$H+H*"
