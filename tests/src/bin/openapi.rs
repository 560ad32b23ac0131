//! Writes the API document to the file that the portal serves: `make openapi`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/portal/openapi.json");
    std::fs::write(file, integration::document_json()?)?;
    Ok(())
}
