"""What the gate says, in French: the scorecard is read by French vendors and practices.

The gate speaks English in one place (checks, ledger, command line); the page translates. Parts in
angle brackets stand for names and numbers and are kept. What is not in the list stays as it is.
"""

from __future__ import annotations

import re
from functools import cache

#: English, then its French on the line below.
_SENTENCES = """
Identity found: <k>
Identité trouvée : <k>
<n> in <m> rows
<n>, <m> ligne(s)
Expected: <x>
Attendu : <x>
Remedy: <x>
Que faire : <x>
pseudonyms only
des pseudonymes seulement
Make the delivery with `p4dp pseudonymise`, then send it under a new sequence.
Produire la livraison avec `p4dp pseudonymise`, puis l'envoyer sous un nouveau numéro.
File listed in the manifest is missing
Un fichier annoncé par le manifeste manque
Send the delivery again with all its files.
Renvoyer la livraison avec tous ses fichiers.
The file is empty
Le fichier est vide
at least a header
au moins la ligne d'en-tête
a <x> file
un fichier <x>
Export again; a table without rows keeps its header.
Exporter de nouveau ; une table sans ligne garde son en-tête.
The file is not the one the manifest describes (other SHA-256)
Le fichier n'est pas celui que décrit le manifeste (autre SHA-256)
<a>…, found <b>…
<a>…, trouvé <b>…
Send it again: it was cut or changed on its way.
Le renvoyer : il a été coupé ou modifié en route.
Send it again.
Le renvoyer.
Send it unpacked.
L'envoyer décompressé.
Export it again.
L'exporter de nouveau.
Export again: rows were cut off or added after the manifest was made.
Exporter de nouveau : des lignes ont été perdues ou ajoutées après le manifeste.
The Parquet file is truncated or damaged
Le fichier Parquet est tronqué ou abîmé
The Parquet file is damaged
Le fichier Parquet est abîmé
The gzip file is damaged
Le fichier gzip est abîmé
The file is not readable as <x>
Le fichier n'est pas lisible comme <x>
The file is not <x>
Le fichier n'est pas en <x>
text in <x>
du texte en <x>
Unknown encoding <x>
Encodage inconnu : <x>
Name the encoding the file is written in.
Indiquer l'encodage du fichier.
The file grows more than <n> times when unpacked
Le fichier grossit plus de <n> fois en se décompressant
The file holds <n> rows, the manifest says <m>
Le fichier compte <n> lignes, le manifeste en annonce <m>
Other columns than the contract's: <x>
Autres colonnes que celles du contrat : <x>
Deliver under the contract version whose columns these are, or correct the export.
Livrer sous la version du contrat qui a ces colonnes, ou corriger l'export.
A column name occurs twice
Un nom de colonne figure deux fois
The contract <c> has no table <t>
Le contrat <c> n'a pas de table <t>
not a whole number
n'est pas un nombre entier
not a number
n'est pas un nombre
not true or false
n'est ni vrai ni faux
not a date
n'est pas une date
not a date and time
n'est ni une date ni une heure
not a text
n'est pas un texte
required and empty
obligatoire et vide
not a level-1 pseudonym
n'est pas un pseudonyme de premier niveau
not a sealed token
pas un jeton scellé
fewer fields than columns
moins de champs que de colonnes
more fields than columns
plus de champs que de colonnes
quote that is not closed
guillemet non refermé
line longer than <n> bytes
ligne de plus de <n> octets
several contents for one record key; the last line was kept
plusieurs contenus pour une même clé ; la dernière ligne est gardée
not JSON
n'est pas du JSON
resource of another type
ressource d'un autre type
not <x>
n'est pas du texte <x>
e-mail address
adresse électronique
telephone number
numéro de téléphone
postal address
adresse postale
personal name
nom de personne
exact birth date
date de naissance exacte
identity not sealed
identité non scellée
identity element
élément d'identité
identity column
colonne d'identité
"""

_PLACE = re.compile(
    r" \((?:file (?P<file>[^,()]+))?(?:, )?(?:row (?P<row>\d+))?(?:, )?"
    r"(?:column (?P<column>[^()]+))?\)$"
)


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    rules = []
    lines = _SENTENCES.strip().splitlines()
    for english, french in zip(lines[::2], lines[1::2], strict=True):
        pattern = re.escape(english)
        for name in re.findall(r"<(\w)>", english):
            pattern = pattern.replace(re.escape(f"<{name}>"), f"(?P<{name}>.+)")
        rules.append((re.compile(pattern), french))
    return tuple(rules)


def in_french(text: str) -> str:
    """The French of what the gate says; the text itself where no sentence fits."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    place = _PLACE.search(line)
    if place is not None and any(place.groupdict().values()):
        told = [
            f"{word} {place[key]}"
            for key, word in (("file", "fichier"), ("row", "ligne"), ("column", "colonne"))
            if place[key]
        ]
        return f"{_sentence(line[: place.start()])} ({', '.join(told)})"
    return _sentence(line)


def _sentence(text: str) -> str:
    for pattern, french in _rules():
        found = pattern.fullmatch(text)
        if found is not None:
            for name, value in found.groupdict().items():
                french = french.replace(f"<{name}>", _sentence(value))
            return french
    return text
