"""What becomes of every real and hostile file that does not simply open without a word (paths in their collection)."""

NOT_DICOM = "This is not a DICOM file"
NO_MARK = "The DICM mark is missing before the meta information"
ENDS_EARLY = "The file ends before its data set begins"
DAMAGED_META = "The meta information is damaged"
GUESSED = "its transfer syntax is guessed"
NOTHING_SAID = "The data set does not say what it is"
TOO_DEEP = "nested more than 32 deep"
NO_UID = "no SOP Instance UID"
NO_PIXELS = "the file has no pixel data"
CUT_OFF = "cut off"

# Refused: a part of the reason.
REFUSED_SHARED = {
    "README.md": NOT_DICOM,
    "presentation-states/expected_imgForPrLUT.png": "a PNG picture",
    "presentation-states/expected_overlay.png": "a PNG picture",
    "reports/mkreport": "a Linux program",
    "suv/GE_MEDICAL_AND_BQML-instances.json": NOT_DICOM,
    "suv/PHILIPS_BQML-instances.json": NOT_DICOM,
    "suv/SIEMENS-instances.json": NOT_DICOM,
    "suv/expected-suvbw-factor.json": NOT_DICOM,
    "tables/confidentiality_profile_attributes.json": NOT_DICOM,
    "hostile/cat02_vr_mismatch/TC0233_rows_US_as_UL.dcm": ENDS_EARLY,
    "hostile/cat02_vr_mismatch/TC0235_bitsallocated_US_as_SS.dcm": ENDS_EARLY,
    "hostile/cat03_sequence_nesting/TC0263_depth_50.dcm": TOO_DEEP,
    "hostile/cat03_sequence_nesting/TC0265_depth_100.dcm": TOO_DEEP,
    "hostile/cat03_sequence_nesting/TC0267_depth_500_raw.dcm": ENDS_EARLY,
    "hostile/cat05_transfer_syntax/TC0345_deflate_corrupt.dcm": "bears the mark of DICOM",
    "hostile/cat05_transfer_syntax/TC0347_deflate_truncated.dcm": "bears the mark of DICOM",
}
# Opened, with a part of what is said about them.
WARNED_SHARED = {
    "hostile/cat02_vr_mismatch/TC0243_pixeldata_OB_as_OW.dcm": "too short",
    "hostile/cat04_pixel_data/TC0285_buf_half.dcm": "too short: 4096 bytes where the header asks for 8192",
    "hostile/cat04_pixel_data/TC0291_buf_zero.dcm": "too short",
    "hostile/cat04_pixel_data/TC0293_buf_one_byte.dcm": "too short",
    "hostile/cat04_pixel_data/TC0295_rows_zero.dcm": "0 rows",
    "hostile/cat04_pixel_data/TC0297_cols_zero.dcm": "0 columns",
    "hostile/cat07_file_meta/TC0377_no_preamble.dcm": NO_MARK,
    "hostile/cat07_file_meta/TC0381_preamble_127.dcm": "stands at byte 127",
    "hostile/cat07_file_meta/TC0383_no_dicm.dcm": NO_MARK,
    "hostile/cat07_file_meta/TC0385_dicm_offset0.dcm": NO_MARK,
    "hostile/cat07_file_meta/TC0387_dicm_offset64.dcm": NO_MARK,
    "hostile/cat07_file_meta/TC0389_dicm_offset256.dcm": NO_MARK,
    "hostile/cat07_file_meta/TC0391_meta_glen_zero.dcm": DAMAGED_META,
    "hostile/cat10_cve_2026_3650/TC0475_meta_0001_vr_5a5a.dcm": DAMAGED_META,
    "hostile/cat10_cve_2026_3650/TC0477_meta_0001_vr_5858.dcm": DAMAGED_META,
    "hostile/cat10_cve_2026_3650/TC0479_meta_0001_vr_4141.dcm": DAMAGED_META,
    "hostile/cat10_cve_2026_3650/TC0481_meta_0001_vr_4242.dcm": DAMAGED_META,
    "hostile/cat10_cve_2026_3650/TC0483_meta_0001_vr_5151.dcm": DAMAGED_META,
    "hostile/cat10_cve_2026_3650/TC0485_meta_0001_vr_0000.dcm": DAMAGED_META,
    "hostile/cat10_cve_2026_3650/TC0487_meta_0001_vr_ffff.dcm": DAMAGED_META,
    "hostile/cat10_cve_2026_3650/TC0489_meta_0001_vr_3939.dcm": DAMAGED_META,
}

REFUSED_PYDICOM = {
    "test_files/README.txt": NOT_DICOM,
    "test_files/UN_sequence.dcm": NOTHING_SAID,
    "test_files/crayons.icc": NOT_DICOM,
    "test_files/dicomdirtests/README.txt": NOT_DICOM,
    "test_files/dicomdirtests/TINY_ALPHA/README": NOT_DICOM,
    "test_files/meta_missing_tsyntax.dcm": NOTHING_SAID,
    "test_files/nested_priv_SQ.dcm": NOTHING_SAID,
    "test_files/no_meta.dcm": NOT_DICOM,
    "test_files/priv_SQ.dcm": NOTHING_SAID,
    "test_files/rtplan.dump": NOT_DICOM,
    "test_files/rtstruct.dump": NOT_DICOM,
    "test_files/test1.json": "a text file",
    "test_files/test_PN.json": "a text file",
    "test_files/zipMR.gz": "a gzip archive",
    "charset_files/FileInfo.txt": NOT_DICOM,
}
WARNED_PYDICOM = {
    "test_files/ExplVR_BigEndNoMeta.dcm": GUESSED,
    "test_files/ExplVR_LitEndNoMeta.dcm": GUESSED,
    "test_files/MR_truncated.dcm": "cut off: 8130 of 8192 bytes",
    "test_files/SC_rgb_jpeg.dcm": "has implicit ones",
    "test_files/badVR.dcm": "Number of Frames is not a positive number",
    "test_files/empty_charset_LEI.dcm": NO_UID,
    "test_files/no_meta_group_length.dcm": NO_UID,
    "test_files/rtplan_truncated.dcm": CUT_OFF,
    "test_files/rtstruct.dcm": GUESSED,
    "charset_files/chrJapMulti.dcm": NO_PIXELS,
    "charset_files/chrJapMultiExplicitIR6.dcm": NO_PIXELS,
    "charset_files/chrKoreanMulti.dcm": NO_PIXELS,
    "charset_files/chrSQEncoding.dcm": NO_UID,
    "charset_files/chrSQEncoding1.dcm": NO_UID,
}
