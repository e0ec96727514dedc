# The environment of requirements.lock, with the system libraries that render.
#
#   docker build --tag smwm .
#   docker run --rm --volume "$PWD/figures:/smwm/figures" smwm snakemake --cores all --config scale=smoke
#
# --build-arg TORCH_INDEX=https://pypi.org/simple takes PyTorch's ordinary build, with CUDA.
FROM python:3.11-slim-bookworm
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        git libegl1 libgl1 libgl1-mesa-dri libglib2.0-0 libosmesa6 make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /smwm
COPY requirements.lock ./
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" --requirement requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . && smwm doctor
CMD ["snakemake", "--cores", "all"]
