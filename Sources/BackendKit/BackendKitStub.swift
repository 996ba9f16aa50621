import CMTL
