//! The venue's eye: finds the code in a picture, with a decoder that knows nothing of how it was drawn.

use crate::Failure;

/// Reads the QR in a one-bit or eight-bit grey PNG.
pub(super) fn read_png(picture: &[u8]) -> Result<String, Failure> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(Failure::system)?;
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| Failure::failed("图片过大", "the picture is too large"))?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(Failure::system)?;
    let (width, height) = (frame.width as usize, frame.height as usize);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        pixels[y * frame.line_size + x]
    });
    let grids = image.detect_grids();
    let grid = grids
        .first()
        .ok_or_else(|| Failure::failed("图片中没有码", "there is no code in the picture"))?;
    grid.decode().map(|(_, text)| text).map_err(Failure::system)
}
