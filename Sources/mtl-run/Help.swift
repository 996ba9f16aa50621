/// What --help prints.
let helpText = """
  Predict with a multi-task image model.

    mtl-run MODEL IMAGE...                       answers for images
    mtl-run MODEL --input X.npy --output Y.npy   raw numbers in, raw numbers out
    mtl-run MODEL --bench                        how fast it is here
    mtl-run MODEL --profile                      where the time goes
    mtl-run --list-backends                      what it can run on

  IMAGE is a JPEG, PNG or WebP file, a folder (every image in it and in its
  folders), or - for standard input. In folders, hidden files, annotated copies
  and runs of mtl-train are passed over.

    --top K             show the K most probable labels of each task
    --json              one JSON object per image and line
    --annotate DIR      write a copy of each image into DIR with its answers drawn on
                        it, photo.annotated.png; no file is ever replaced
    --input X.npy       an input, f4, f8 or u1, any batch; once for each input of
                        the model, in their order; no preprocessing
    --output Y.npy      where the output goes; of a model with several outputs
                        each goes to Y.<name>.npy, with _ for each / in its name
    --bench             time predictions on made-up input
    --profile           time each step of predictions on made-up input
    --batch N           images at once with --bench and --profile (1)
    --seconds S         how long --bench and --profile measure (3)
    --backend NAME      run on this backend, or on several in order of preference
                        with commas between, and what they decline on the best of
                        the others; with scalar at the end on scalar
    --threads N         threads (as many as this process has CPUs)
    --list-backends     backends, what they need of the CPU, and why one is refused
    --help, --version

  Examples:
    mtl-run fashion.mtl photo.jpg
    mtl-run fashion.mtl photos/ --json > answers.jsonl
    mtl-run fashion.mtl photo.jpg --annotate out/
    curl -s https://example.com/a.jpg | mtl-run fashion.mtl -

  Replace a model file by renaming a new one over it, never in place: running
  programs have it mapped.

  Exit status: 0 all good, 1 some inputs failed and the others were answered,
  2 wrong usage, 3 the model could not be read, 4 the backend cannot run here.

  """
