"""Which attributes of a source object an object made from it takes over, by module (PS3.3); everything else stays out.

What is not listed is either made anew (UIDs, geometry, pixels, equipment), no longer true of the new object (tube
current of one slice, phase encoding), or private.
"""


def _keywords(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PATIENT = _keywords(
    "PatientName PatientID IssuerOfPatientID IssuerOfPatientIDQualifiersSequence TypeOfPatientID PatientBirthDate"
    " PatientBirthTime PatientSex OtherPatientIDs OtherPatientIDsSequence OtherPatientNames EthnicGroup"
    " PatientSpeciesDescription PatientSpeciesCodeSequence PatientBreedDescription PatientBreedCodeSequence"
    " BreedRegistrationSequence ResponsiblePerson ResponsiblePersonRole ResponsibleOrganization"
    " PatientIdentityRemoved DeidentificationMethod DeidentificationMethodCodeSequence QualityControlSubject"
    " ClinicalTrialSponsorName ClinicalTrialProtocolID ClinicalTrialProtocolName ClinicalTrialSiteID"
    " ClinicalTrialSiteName ClinicalTrialSubjectID ClinicalTrialSubjectReadingID"
)
"""C.7.1.1, C.7.1.3."""

STUDY = _keywords(
    "StudyInstanceUID StudyDate StudyTime ReferringPhysicianName ConsultingPhysicianName StudyID AccessionNumber"
    " IssuerOfAccessionNumberSequence StudyDescription PhysiciansOfRecord ReferencedStudySequence"
    " ProcedureCodeSequence ReasonForPerformedProcedureCodeSequence TimezoneOffsetFromUTC"
    " AdmittingDiagnosesDescription AdmittingDiagnosesCodeSequence PatientAge PatientSize PatientWeight"
    " PatientBodyMassIndex Occupation AdditionalPatientHistory PatientSexNeutered PregnancyStatus MedicalAlerts"
    " Allergies SmokingStatus ClinicalTrialTimePointID ClinicalTrialTimePointDescription"
    " LongitudinalTemporalInformationModified"
)
"""C.7.2.1, C.7.2.2, C.7.2.3."""

SERIES = _keywords(
    "ProtocolName BodyPartExamined Laterality PatientPosition AnatomicalOrientationType RequestAttributesSequence"
    " AnatomicRegionSequence"
)
"""C.7.3.1."""

FRAME_OF_REFERENCE = ("FrameOfReferenceUID", "PositionReferenceIndicator")
"""C.7.4.1."""

IMAGE = _keywords(
    "AcquisitionDate AcquisitionTime AcquisitionDateTime AcquisitionNumber QualityControlImage"
    " RecognizableVisualFeatures LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod"
    " IrradiationEventUID ImageLaterality ContrastBolusAgent ContrastBolusAgentSequence ContrastBolusRoute"
    " ContrastBolusAdministrationRouteSequence ContrastBolusVolume ContrastBolusStartTime ContrastBolusStopTime"
    " ContrastBolusTotalDose ContrastFlowRate ContrastFlowDuration ContrastBolusIngredient"
    " ContrastBolusIngredientConcentration"
)
"""C.7.6.1, C.7.10.1, C.7.6.4."""

CT = _keywords("KVP ScanOptions ConvolutionKernel FilterType RevolutionTime SpiralPitchFactor RescaleType")
"""C.8.2.1."""

MR = _keywords(
    "ScanningSequence SequenceVariant ScanOptions MRAcquisitionType RepetitionTime EchoTime EchoTrainLength"
    " InversionTime TriggerTime SequenceName AngioFlag NumberOfAverages ImagingFrequency ImagedNucleus EchoNumbers"
    " MagneticFieldStrength FlipAngle VariableFlipAngleFlag ReceiveCoilName TransmitCoilName"
    " TemporalPositionIdentifier NumberOfTemporalPositions TemporalResolution RescaleType"
)
"""C.8.3.1."""

PET = _keywords(
    "SeriesDate SeriesTime Units CountsSource SeriesType CorrectedImage RandomsCorrectionMethod"
    " AttenuationCorrectionMethod ScatterCorrectionMethod DecayCorrection ReconstructionMethod ConvolutionKernel"
    " DetectorLinesOfResponseUsed CollimatorType AxialAcceptance AxialMash TransverseMash DetectorElementSize"
    " CoincidenceWindowWidth FieldOfViewShape FieldOfViewDimensions SUVType SecondaryCountsType"
    " RadiopharmaceuticalInformationSequence InterventionDrugInformationSequence PatientOrientationCodeSequence"
    " PatientOrientationModifierCodeSequence PatientGantryRelationshipCodeSequence FrameReferenceTime"
    " ActualFrameDuration DecayFactor DoseCalibrationFactor ScatterFractionFactor DeadTimeFactor"
    " SliceSensitivityFactor RealWorldValueMappingSequence"
)
"""C.8.9. Series Date and Time are what decay is corrected to, and stay (C.8.9.1.1.2)."""

PET_NEEDS = (
    "SeriesDate",
    "SeriesTime",
    "Units",
    "CountsSource",
    "SeriesType",
    "DecayCorrection",
    "FrameReferenceTime",
)
"""Type 1 there: without them it is no PET image."""

PET_PRIVATE = (
    (0x0009, "GEMS_PETD_01", (0x0D,)),
    (0x7053, "Philips PET Private Group", (0x00, 0x09)),
)
"""Group, creator and elements that SUV is computed from (start of the scan; scale factors)."""

EQUIPMENT = _keywords(
    "Manufacturer InstitutionName InstitutionAddress InstitutionalDepartmentName StationName"
    " ManufacturerModelName DeviceSerialNumber SoftwareVersions DeviceUID"
)
"""C.7.5.1, as Contributing Equipment (C.12.1) takes it."""

INSTITUTION = ("InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName")

EMPTY_IF_UNKNOWN = _keywords(
    "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID"
    " AccessionNumber"
)
"""Type 2 in every composite object."""

FUNCTIONAL_GROUPS = 0x52009229, 0x52009230
"""Shared and Per-frame Functional Groups Sequence: their macros hold what classic objects have at the top."""

UNPAIRED_PARTS = frozenset(
    _keywords(
        "HEAD SKULL BRAIN FACE NECK HEADNECK CHEST CHESTABDOMEN CHESTABDPELVIS ABDOMEN ABDOMENPELVIS PELVIS CSPINE"
        " TSPINE LSPINE SSPINE CTSPINE TLSPINE LSSPINE SPINE COCCYX STERNUM HEART LIVER PANCREAS SPLEEN STOMACH UTERUS"
        " PROSTATE BLADDER WHOLEBODY NOSE LARYNX PHARYNX TRACHEA ESOPHAGUS THYROID MEDIASTINUM AORTA JAW TONGUE MAXILLA"
        " NECKCHEST NECKCHESTABDOMEN NECKCHESTABDPELV COLON RECTUM DUODENUM GALLBLADDER CEREBELLUM VAGINA PENIS"
    )
)
"""Body Part Examined (PS3.16 annex L) that has no side: Laterality is asked for of all others, if only to be empty."""

UNPAIRED_REGIONS = frozenset(
    _keywords(
        "T-A0100 12738006 T-D1100 69536005 T-D1600 45048000 T-D3000 51185008 T-D4000 818983003 113345001 T-D6000"
        " 12921003 816092008 T-32000 80891009 T-11500 421060004 T-11501 122494005 T-11502 122495006 T-11503 122496007"
        " 38266002"
    )
)
"""The same by code, in Anatomic Region Sequence: brain, head, neck, chest, abdomen, pelvis, heart, spine, body."""
