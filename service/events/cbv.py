"""The Core Business Vocabulary (CBV 2.0): its words, and every published spelling of each.

A word can be written bare (`shipping`), as a Web URI (`https://ref.gs1.org/cbv/BizStep-shipping`, or with
the host `ns.gs1.org` used before ratification), as a CURIE (`cbv:BizStep-shipping`) or, from CBV 1.x, as a
URN (`urn:epcglobal:cbv:bizstep:shipping`). All of them mean the same; the service works with the bare word.
"""

from dataclasses import dataclass

CBV = "https://ref.gs1.org/cbv/"
GS1_VOCABULARY = "https://ref.gs1.org/voc/"
#: Spellings of the GS1 Web Vocabulary's namespace that documents use.
GS1_VOCABULARIES = (GS1_VOCABULARY, "https://gs1.org/voc/", "https://www.gs1.org/voc/", "http://gs1.org/voc/")
CBV_NAMESPACES = (CBV, "http://ref.gs1.org/cbv/", "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/")
#: Inside these a word that CBV does not list is an error (CBV 2.0, 5.1), not a private extension.
CLOSED_NAMESPACES = ("urn:epcglobal:cbv:", "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: CBV 2.0, and what GS1's published documents on the rules against deforestation use beyond it: the step
#: `notifying`, the disposition `subject_to_regulation`.
BIZ_STEPS = _words(
    "accepting arriving assembling collecting commissioning consigning creating_class_instance "
    "cycle_counting decommissioning departing destroying disassembling dispensing encoding "
    "entering_exiting holding inspecting installing killing loading notifying other packing picking "
    "receiving removing repackaging repairing replacing reserving retail_selling sampling sensor_reporting "
    "shipping staging_outbound stock_taking stocking storing transporting unloading unpacking void_shipping"
)
DISPOSITIONS = _words(
    "active available completeness_inferred completeness_verified conformant container_closed "
    "container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive "
    "mismatch_class mismatch_instance mismatch_quantity needs_replacement no_pedigree_match "
    "non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold returned "
    "sellable_accessible sellable_not_accessible stolen subject_to_regulation unavailable unknown"
)
BIZ_TRANSACTION_TYPES = _words(
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"
)
SOURCE_DESTINATION_TYPES = frozenset(("owning_party", "possessing_party", "location"))
ERROR_REASONS = frozenset(("did_not_occur", "incorrect_data"))
COMPONENTS = _words(
    "x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing "
    "latitude longitude altitude"
)
MEASUREMENT_TYPES = _words(
    "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance "
    "AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area "
    "Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate "
    "DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy "
    "Exposure Force Frequency Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum "
    "Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential "
    "Mass MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy "
    "MolarMass MolarVolume Power Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity "
    "Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension Temperature "
    "Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber"
)
SENSOR_ALERTS = frozenset(("ALARM_CONDITION", "ERROR_CONDITION"))


@dataclass(frozen=True, slots=True)
class WordList:
    """One list of CBV words.

    `name`, `name_zh`: what it is called in sentences. `spellings`: every published spelling -> bare word.
    `web_uris`: bare word -> the Web URI that CBV 2.0 gives it.
    """

    name: str
    name_zh: str
    words: frozenset[str]
    spellings: dict[str, str]
    web_uris: dict[str, str]

    def word(self, value: str) -> str | None:
        """The bare word that `value` spells, or None where it spells none of this list."""
        return self.spellings.get(value)


def _cbv_list(name: str, zh: str, words: frozenset[str], web: str, urn: str) -> WordList:
    spellings = {}
    for word in words:
        spellings[word] = word
        for start in (*CBV_NAMESPACES, "cbv:"):
            spellings[f"{start}{web}-{word}"] = word
        spellings[f"urn:epcglobal:cbv:{urn}:{word}"] = word
    return WordList(name, zh, words, spellings, {word: f"{CBV}{web}-{word}" for word in words})


def _gs1_list(name: str, zh: str, words: frozenset[str]) -> WordList:
    spellings = {}
    for word in words:
        spellings[word] = word
        for start in (*GS1_VOCABULARIES, "gs1:"):
            spellings[start + word] = word
    return WordList(name, zh, words, spellings, {word: GS1_VOCABULARY + word for word in words})


BIZ_STEP = _cbv_list("business step", "业务步骤", BIZ_STEPS, "BizStep", "bizstep")
DISPOSITION = _cbv_list("disposition", "业务状态", DISPOSITIONS, "Disp", "disp")
BIZ_TRANSACTION_TYPE = _cbv_list(
    "business transaction type", "业务单据类型", BIZ_TRANSACTION_TYPES, "BTT", "btt"
)
SOURCE_DESTINATION_TYPE = _cbv_list(
    "source or destination type", "来源或去向类型", SOURCE_DESTINATION_TYPES, "SDT", "sdt"
)
ERROR_REASON = _cbv_list("error reason", "更正原因", ERROR_REASONS, "ER", "er")
COMPONENT = _cbv_list("measurement component", "测量分量", COMPONENTS, "Comp", "comp")
MEASUREMENT_TYPE = _gs1_list("measurement type", "测量类型", MEASUREMENT_TYPES)
SENSOR_ALERT = _gs1_list("sensor alert type", "传感器报警类型", SENSOR_ALERTS)

#: Master data vocabularies: URN and Web spellings, lower-cased -> bare name (EPCIS 2.0, 9.5; CBV 2.0, 10.2).
VOCABULARY_TYPES = {
    spelling.lower(): name
    for name in (
        "EPCClass",
        "Location",
        "BusinessLocation",
        "ReadPoint",
        "Party",
        "EPCInstance",
        "BusinessTransaction",
        "BusinessStep",
        "Disposition",
        "BusinessTransactionType",
        "SourceDestType",
        "SourceDest",
        "EPCISEvent",
    )
    for spelling in (
        f"urn:epcglobal:epcis:vtype:{name}",
        f"urn:epcglobal:cbv:vtype:{name}",
        f"https://ref.gs1.org/epcis/{name}",
        f"https://ns.gs1.org/epcis/{name}",
        f"https://ref.gs1.org/cbv/{name}",
        f"epcis:{name}",
        f"cbv:{name}",
        name,
    )
}
#: Where an attribute name of master data starts, in the spellings documents use.
ATTRIBUTE_NAMESPACES = (
    "urn:epcglobal:cbv:mda#",
    "urn:epcglobal:cbv:mda:",
    "https://ref.gs1.org/cbv/mda/",
    "https://ref.gs1.org/cbv/mda#",
    "https://ref.gs1.org/cbv/mda-",
    "https://ns.gs1.org/cbv/mda/",
    "cbvmda:",
    *GS1_VOCABULARIES,
    "gs1:",
    "urn:epcglobal:cbv:",
    *CBV_NAMESPACES,
    "cbv:",
)


def vocabulary_type(value: str) -> str:
    """The bare name of a master data vocabulary (`EPCClass`), or `value` where it is no published one."""
    return VOCABULARY_TYPES.get(value.lower(), value)


def attribute_word(value: str) -> str:
    """The bare word of a master data attribute (`name`), or `value` where its namespace is a private one."""
    for start in ATTRIBUTE_NAMESPACES:
        if value.startswith(start) and len(value) > len(start):
            return value[len(start) :]
    return value
