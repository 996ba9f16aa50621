import CMTL
import MTLFormat
