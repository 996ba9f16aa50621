#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include "CImageCodecs.h"

/* A progressive picture needs about ten; thousands of empty ones cost minutes. */
enum { scans_most = 100 };
/* Rows that are handed over at once: enough to turn them in blocks. */
enum { band_rows = 32 };

typedef struct decoder {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  mtl_codec_fault *fault;
  const void *bytes;
  size_t count;
  mtl_jpeg_rows use_rows;
  void *context;
  uint32_t components_seen; /* bits by index: those of which a scan has begun */
  int has_ended;            /* libjpeg asked for bytes beyond the last */
} decoder;

static decoder *of(j_common_ptr info) { return (decoder *)info; }

static void leave(j_common_ptr info, int32_t code) {
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  mtl_codec_fail(of(info)->fault, code, text);
  longjmp(of(info)->escape, 1);
}

static void on_error(j_common_ptr info) {
  decoder *d = of(info);
  int is_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
  leave(info, is_memory       ? MTL_CODEC_MEMORY
              : d->has_ended ? MTL_CODEC_CUT_SHORT
                              : MTL_CODEC_DAMAGED);
}

/* Warnings that mean lost picture data are errors here: a guessed picture is no input. The end of
 * the bytes alone is not, because only the end mark may be missing. */
static void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF: of(info)->has_ended = 1; break;
    case JWRN_ARITH_BAD_CODE:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC: on_error(info); break;
    default: break;
  }
}

static void on_progress(j_common_ptr info) {
  j_decompress_ptr jpeg = (j_decompress_ptr)info;
  for (int i = 0; i < jpeg->comps_in_scan; i++)
    of(info)->components_seen |= 1u << jpeg->cur_comp_info[i]->component_index;
  if (jpeg->input_scan_number <= scans_most) return;
  mtl_codec_fail(of(info)->fault, MTL_CODEC_DAMAGED, "more than 100 scans");
  longjmp(of(info)->escape, 1);
}

/* Runs `work` and comes back here from wherever libjpeg gives up. */
static int32_t attempt(decoder *d, void (*work)(decoder *)) {
  d->info.err = jpeg_std_error(&d->errors);
  d->errors.error_exit = on_error;
  d->errors.emit_message = on_message;
  d->progress.progress_monitor = on_progress;
  d->fault->code = MTL_CODEC_OK;
  if (setjmp(d->escape) == 0) work(d);
  jpeg_destroy_decompress(&d->info);
  return d->fault->code;
}

static void read_header(decoder *d) {
  jpeg_create_decompress(&d->info);
  d->info.progress = &d->progress;
  jpeg_mem_src(&d->info, d->bytes, d->count);
  jpeg_read_header(&d->info, TRUE);
}

int32_t mtl_jpeg_size(const void *bytes, size_t count, uint32_t *width, uint32_t *height,
                      mtl_codec_fault *fault) {
  decoder d = {.fault = fault, .bytes = bytes, .count = count};
  int32_t code = attempt(&d, read_header);
  *width = d.info.image_width;
  *height = d.info.image_height;
  return code;
}

/* Ink as files hold it: inverted, 255 is none. Adobe's programs began it and everybody followed,
 * with Adobe's marker or without. */
static void rgb_from_cmyk(const uint8_t *cmyk, uint8_t *rgb, uint32_t width) {
  for (uint32_t x = 0; x < width; x++, cmyk += 4, rgb += 3)
    for (int c = 0; c < 3; c++) rgb[c] = (uint8_t)((cmyk[c] * cmyk[3] + 127) / 255);
}

static void read_rows(decoder *d) {
  j_decompress_ptr info = &d->info;
  uint32_t width = info->output_width;
  int is_cmyk = info->out_color_space == JCS_CMYK;
  j_common_ptr common = (j_common_ptr)info;
  JSAMPARRAY cmyk =
      is_cmyk ? info->mem->alloc_sarray(common, JPOOL_IMAGE, width * 4, 1) : NULL;
  uint8_t *band = info->mem->alloc_large(common, JPOOL_IMAGE, (size_t)width * 3 * band_rows);
  uint32_t count = 0;
  while (info->output_scanline < info->output_height) {
    JSAMPROW row = band + (size_t)count++ * width * 3;
    jpeg_read_scanlines(info, is_cmyk ? cmyk : &row, 1);
    if (is_cmyk) rgb_from_cmyk(cmyk[0], row, width);
    if (count < band_rows && info->output_scanline < info->output_height) continue;
    d->use_rows(d->context, band, info->output_scanline - count, count);
    count = 0;
  }
}

/* Whether all scans of a picture are there that lacks its end mark: of every coefficient of a
 * progressive one all bits, of others every component. */
static int has_all_scans(const decoder *d) {
  for (int c = 0; c < d->info.num_components; c++) {
    if (!(d->components_seen >> c & 1)) return 0;
    for (int i = 0; d->info.coef_bits && i < DCTSIZE2; i++)
      if (d->info.coef_bits[c][i] != 0) return 0;
  }
  return 1;
}

static void read_picture(decoder *d) {
  read_header(d);
  J_COLOR_SPACE stored = d->info.jpeg_color_space;
  d->info.out_color_space = stored == JCS_CMYK || stored == JCS_YCCK ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&d->info);
  /* Whole scans may be missing without any other warning. */
  if (d->has_ended && jpeg_has_multiple_scans(&d->info) && !has_all_scans(d))
    mtl_codec_fail(d->fault, MTL_CODEC_CUT_SHORT, "scans are missing");
  else
    read_rows(d);
}

int32_t mtl_jpeg_decode(const void *bytes, size_t count, mtl_jpeg_rows use_rows, void *context,
                        mtl_codec_fault *fault) {
  decoder d = {.fault = fault, .bytes = bytes, .count = count, .use_rows = use_rows,
               .context = context};
  return attempt(&d, read_picture);
}
