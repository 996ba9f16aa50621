#include <errno.h>
#include <webp/decode.h>

#include "CImageCodecs.h"

static int32_t fail(VP8StatusCode status, mtl_codec_fault *fault) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return mtl_codec_fail(fault, MTL_CODEC_MEMORY, "not enough memory");
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return mtl_codec_fail(fault, MTL_CODEC_CUT_SHORT, "the bytes end");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return mtl_codec_fail(fault, MTL_CODEC_DAMAGED, "it uses an unknown feature");
    default:
      return mtl_codec_fail(fault, MTL_CODEC_DAMAGED, "its bit stream breaks the format");
  }
}

int32_t mtl_webp_size(const void *bytes, size_t count, uint32_t *width, uint32_t *height,
                      int32_t *is_animated, mtl_codec_fault *fault) {
  WebPBitstreamFeatures features;
  VP8StatusCode status = WebPGetFeatures(bytes, count, &features);
  if (status != VP8_STATUS_OK) return fail(status, fault);
  *width = (uint32_t)features.width;
  *height = (uint32_t)features.height;
  *is_animated = features.has_animation;
  return MTL_CODEC_OK;
}

int32_t mtl_webp_decode(const void *bytes, size_t count, uint8_t *rgba, size_t stride,
                        uint32_t width, uint32_t height, mtl_codec_fault *fault) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config))
    return mtl_codec_fail(fault, MTL_CODEC_DAMAGED, "libwebp has another version than its header");
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = rgba;
  config.output.u.RGBA.stride = (int)stride;
  config.output.u.RGBA.size = stride * (height - 1) + 4 * (size_t)width;
  errno = 0;
  VP8StatusCode status = WebPDecode(bytes, count, &config);
  /* Where it finds no memory for the alpha channel, libwebp says something else. */
  if (status != VP8_STATUS_OK && errno == ENOMEM) status = VP8_STATUS_OUT_OF_MEMORY;
  WebPFreeDecBuffer(&config.output);
  return status == VP8_STATUS_OK ? MTL_CODEC_OK : fail(status, fault);
}
