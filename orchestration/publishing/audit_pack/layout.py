"""Where things stand in an audit pack; a release has one copy of each, inside its pack."""

FOLDER = "audit"
INDEX_PAGE = "index.html"
#: What a run makes before the pack is written, by its folder inside the release.
VALIDATION, MODEL_CARDS = f"{FOLDER}/validation", f"{FOLDER}/model_cards"
