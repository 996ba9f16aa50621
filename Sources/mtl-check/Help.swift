/// What --help prints.
let helpText = """
  Check a backend module of MTL, ours or yours, against the scalar backend.

    mtl-check MODULE.so              try its kernels; say what is wrong
    mtl-check MODULE.so --bench      how fast its kernels are here
    mtl-check --list                 operators, and how many cases each has

  Every operator that the module takes is run on many shapes, batches and three
  classes of input: small whole numbers, random numbers, and hostile ones (NaN,
  infinities, subnormals, huge). Memory ends, and in a second pass begins, at
  pages that cannot be touched; inputs, constants and chains cannot be written.
  Steps are planned for 1 to 4 threads, and their parts run in order, reversed,
  shuffled and at once, which must give the same bits. Where a module's packed
  constants may come from a file, they are random bytes in another pass. The file's
  name is checked as the runtime does; what the module prints, leaves behind in the
  process, or does wrong when it is opened again stands under "contract" at the end.
  spec/operators.md says how exact results must be.

    --op NAME,...    these operators alone; "chains" is what may be fused
    --seed N         other numbers and shapes (1)
    --case N         one case of one operator, as a failure names it
    --threads N      threads at once (4); with --bench (1)
    --bench          time each operator: share of this machine's peak, and how many
                     times faster than scalar
    --verbose        a line for each case
    --json           one JSON object
    --help, --version

  Examples:
    mtl-check lib/mtlrt/mtlrt-simd-avx2.so
    mtl-check ./mtlrt-mine.so --op conv,dense --seed 7
    mtl-check ./mtlrt-mine.so --op conv --seed 7 --case 123
    mtl-check ./mtlrt-mine.so --bench --op dense

  Exit status: 0 all good, 1 a check failed, 2 wrong usage, 3 the module cannot be
  read or is none, 4 this CPU lacks what the module needs.

  """
